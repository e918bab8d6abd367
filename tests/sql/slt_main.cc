// SPDX-License-Identifier: Apache-2.0
// slt PATH...: runs every .slt file below the paths in every weather; exit code 1 when anything differs.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "slt_runner.h"

namespace floe::slt {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesBelow(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".slt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> RunOnce(Engine& engine, const std::vector<Directive>& directives, Weather weather,
                                 bool& streamed) {
  std::string pattern = (fs::temp_directory_path() / "floe_slt_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return {"no temporary directory " + pattern};
  std::vector<std::string> failures;
  {
    auto session = Session::Make(engine, pattern);
    if (session) {
      Runner runner(**session, weather);
      failures = runner.Run(directives);
      streamed = runner.streamed();
    } else {
      failures = {session.error().ToString()};
    }
  }
  std::error_code ignored;
  fs::remove_all(pattern, ignored);
  return failures;
}

std::vector<std::string> RunFile(Engine& engine, const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return {"cannot read the file"};
  auto directives = ParseFile(text.str());
  if (!directives) return {directives.error().message()};
  if (directives->empty()) return {"the file holds no directive"};
  for (Weather weather : kWeathers) {
    bool streamed = false;
    auto failures = RunOnce(engine, *directives, weather, streamed);
    if (!failures.empty() || (weather == Weather::kCalm && !streamed)) return failures;
  }
  return {};
}

int Main(int argc, char** argv) {
  Engine engine;
  int files = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : FilesBelow(argv[i])) {
      ++files;
      auto failures = RunFile(engine, path);
      for (const std::string& failure : failures) fmt::print("{}: {}\n", path.string(), failure);
      failed += failures.empty() ? 0 : 1;
    }
  }
  fmt::print("{} files, {} failed\n", files, failed);
  return files == 0 || failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace floe::slt

int main(int argc, char** argv) {
  return floe::slt::Main(argc, argv);
}
