// SPDX-License-Identifier: Apache-2.0
// Rows per CPU second of the JSON decoder on 63-byte weather records; the decoded values are checked against what was
// written.
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "data/duckdb_type.h"
#include "formats/format.h"

namespace {

using floe::data::Type;

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Input {
  std::shared_ptr<std::string> bytes = std::make_shared<std::string>();
  std::vector<std::string_view> messages;
  double temperatures = 0;
};

Input Generate(int rows) {
  static const char* const kCities[] = {"Tokyo", "Delhi", "Paris",  "London", "New York",
                                        "Cairo", "Lima",  "Sydney", "Oslo",   "Rome"};
  Input input;
  std::vector<std::size_t> ends;
  for (int i = 0; i < rows; ++i) {
    char line[128];
    double temperature = (i * 7919 % 12000) / 100.0;
    int length = std::snprintf(line, sizeof line, R"({"city":"%s","temperature":"%.2f","ts":"2026-01-08-%02d"})",
                               kCities[i % 10], temperature, i % 24);
    input.temperatures += temperature;
    // Record headers stand between the values in a log.
    *input.bytes += "\x80\x01\x02\x03\x01\x7f";
    input.bytes->append(line, static_cast<std::size_t>(length));
    ends.push_back(static_cast<std::size_t>(length));
  }
  std::size_t at = 0;
  for (std::size_t length : ends) {
    input.messages.push_back(std::string_view(*input.bytes).substr(at + 6, length));
    at += length + 6;
  }
  return input;
}

int Run(const char* name, const Type& temperature) {
  floe::data::Schema schema = {
      {{"city", Type::String(), "", {}}, {"temperature", temperature, "", {}}, {"ts", Type::String(), "", {}}}};
  auto decoder = floe::formats::MakeDecoder({"json", schema, {0, 1, 2}, {}});
  auto types = floe::data::ToDuckDB(schema);
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), *types);
  Input input = Generate(200'000);
  double best = 0;
  double sum = 0;
  for (int round = 0; round < 15; ++round) {
    sum = 0;
    double start = CpuSeconds();
    for (std::size_t at = 0; at < input.messages.size();) {
      chunk.Reset();
      std::vector<duckdb::Vector*> vectors;
      for (auto& vector : chunk.data) vectors.push_back(&vector);
      (*decoder)->Bind(vectors);
      (*decoder)->SetBuffer({*input.bytes, input.bytes});
      std::size_t row = 0;
      for (; row < STANDARD_VECTOR_SIZE && at < input.messages.size(); ++row, ++at) {
        if ((*decoder)->Append(input.messages[at], row) != floe::formats::DecodeStatus::kRow) {
          std::fprintf(stderr, "row %zu: %s\n", at, (*decoder)->error().message.c_str());
          return 1;
        }
      }
      if (temperature.kind() == floe::data::TypeKind::kDouble) {
        const auto* values = duckdb::FlatVector::GetData<double>(chunk.data[1]);
        for (std::size_t i = 0; i < row; ++i) sum += values[i];
      }
    }
    double rate = static_cast<double>(input.messages.size()) / (CpuSeconds() - start);
    best = rate > best ? rate : best;
  }
  bool right = temperature.kind() != floe::data::TypeKind::kDouble ||
               (sum - input.temperatures < 1 && input.temperatures - sum < 1);
  std::printf("json_decode %-24s %6.2f M rows per CPU second, answers %s\n", name, best / 1e6,
              right ? "right" : "WRONG");
  return right ? 0 : 1;
}

}  // namespace

int main() {
  return Run("temperature DOUBLE", Type::Double()) | Run("temperature STRING", Type::String());
}
