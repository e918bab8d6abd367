// SPDX-License-Identifier: Apache-2.0
#include "base/logging.h"

#include <atomic>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

namespace floe::logging {
namespace {

std::atomic<Level> g_level{Level::kWarn};
std::atomic<Format> g_format{Format::kHuman};

spdlog::level::level_enum Spd(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
    case Level::kOff: return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
    case Level::kOff: return "off";
  }
  return "info";
}

std::shared_ptr<spdlog::logger> MakeLogger(bool human) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  sink->set_pattern(human ? "%H:%M:%S.%e %^%-5l%$ %v" : "%v");
  auto logger = std::make_shared<spdlog::logger>("floe", sink);
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::warn);
  return logger;
}

std::shared_ptr<spdlog::logger>& Logger() {
  static std::shared_ptr<spdlog::logger> logger = MakeLogger(true);
  return logger;
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \t\n\"=") != std::string_view::npos;
}

}  // namespace

Field::Field(std::string_view k, double v) : key(k), value(fmt::format("{}", v)), quoted(false) {}

Result<Level> ParseLevel(std::string_view text) {
  for (Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError, Level::kOff}) {
    if (Name(level) == text) return level;
  }
  return Fail(ErrorKind::kInvalidInput, fmt::format("log level '{}' is none of debug, info, warn, error, off", text));
}

Result<Format> ParseFormat(std::string_view text) {
  if (text == "human") return Format::kHuman;
  if (text == "json") return Format::kJson;
  return Fail(ErrorKind::kInvalidInput, fmt::format("log format '{}' is neither human nor json", text));
}

void Init(Level level, Format format) {
  g_level = level;
  g_format = format;
  Logger() = MakeLogger(format == Format::kHuman);
}

bool Enabled(Level level) {
  return level >= g_level.load(std::memory_order_relaxed);
}

std::string JsonEscape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void Write(Level level, std::string_view area, std::string_view message, std::initializer_list<Field> fields) {
  if (!Enabled(level)) return;
  std::string line;
  if (g_format.load(std::memory_order_relaxed) == Format::kHuman) {
    line = fmt::format("{:<8} {}", area, message);
    for (const Field& field : fields) {
      line += fmt::format(" {}=", field.key);
      line += field.quoted && NeedsQuotes(field.value) ? "\"" + JsonEscape(field.value) + "\"" : field.value;
    }
  } else {
    auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    auto ms = now.time_since_epoch().count() % 1000;
    line =
        fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","area":"{}","message":"{}")",
                    fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms, Name(level), area, JsonEscape(message));
    for (const Field& field : fields) {
      line += fmt::format(",\"{}\":", JsonEscape(field.key));
      line += field.quoted ? "\"" + JsonEscape(field.value) + "\"" : field.value;
    }
    line += "}";
  }
  Logger()->log(Spd(level), "{}", line);
}

}  // namespace floe::logging
