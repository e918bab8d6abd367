// SPDX-License-Identifier: Apache-2.0
#include "stream/checkpoint/manifest.h"

#include <algorithm>

#include <fmt/format.h>

#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

template <typename T>
const T* FindBy(const std::vector<T>& items, std::string T::* key, std::string_view wanted) {
  auto found = std::ranges::find_if(items, [&](const T& item) { return item.*key == wanted; });
  return found == items.end() ? nullptr : &*found;
}

void Put(StateWriter& writer, const std::vector<NamedBytes>& items) {
  writer.Put<std::uint64_t>(items.size());
  for (const NamedBytes& item : items) {
    writer.PutBytes(item.name);
    writer.PutBytes(item.bytes);
  }
}

Result<std::string> String(StateReader& reader) {
  FLOE_TRY(auto bytes, reader.GetBytes());
  return std::string(bytes);
}

Result<std::vector<NamedBytes>> NamedList(StateReader& reader) {
  FLOE_TRY(auto count, reader.GetCount(2 * sizeof(std::uint64_t)));
  std::vector<NamedBytes> items(count);
  for (NamedBytes& item : items) {
    FLOE_TRY(item.name, String(reader));
    FLOE_TRY(item.bytes, String(reader));
  }
  return items;
}

void Put(StateWriter& writer, const OperatorSnapshot& snapshot) {
  writer.PutBytes(snapshot.uid);
  writer.PutBytes(snapshot.inline_state);
  writer.PutBytes(snapshot.file);
  writer.Put(snapshot.file_size);
  writer.Put<std::uint64_t>(snapshot.port_watermarks.size());
  for (TimestampUs watermark : snapshot.port_watermarks) writer.Put(watermark.value());
  writer.Put(snapshot.sent_watermark.value());
  writer.Put(snapshot.counters);
}

Result<OperatorSnapshot> Snapshot(StateReader& reader) {
  OperatorSnapshot snapshot;
  FLOE_TRY(snapshot.uid, String(reader));
  FLOE_TRY(snapshot.inline_state, String(reader));
  FLOE_TRY(snapshot.file, String(reader));
  FLOE_TRY(snapshot.file_size, reader.Get<std::uint64_t>());
  FLOE_TRY(auto ports, reader.GetCount(sizeof(std::int64_t)));
  for (std::uint64_t i = 0; i < ports; ++i) {
    FLOE_TRY(auto watermark, reader.Get<std::int64_t>());
    snapshot.port_watermarks.emplace_back(watermark);
  }
  FLOE_TRY(auto sent, reader.Get<std::int64_t>());
  snapshot.sent_watermark = TimestampUs(sent);
  FLOE_TRY(snapshot.counters, reader.Get<Counters>());
  return snapshot;
}

}  // namespace

const NamedBytes* Manifest::FindSource(std::string_view uid) const {
  return FindBy(sources, &NamedBytes::name, uid);
}
const NamedBytes* Manifest::FindSink(std::string_view uid) const {
  return FindBy(sinks, &NamedBytes::name, uid);
}
const OperatorSnapshot* Manifest::FindOperator(std::string_view uid) const {
  return FindBy(operators, &OperatorSnapshot::uid, uid);
}

std::uint64_t Manifest::state_bytes() const {
  std::uint64_t total = 0;
  for (const OperatorSnapshot& snapshot : operators) total += snapshot.inline_state.size() + snapshot.file_size;
  return total;
}

std::string EncodeManifest(const Manifest& manifest) {
  StateWriter writer;
  writer.Put(manifest.id.value());
  writer.PutBytes(manifest.fingerprint);
  writer.Put(manifest.taken_ms);
  Put(writer, manifest.sources);
  Put(writer, manifest.sinks);
  writer.PutBytes(manifest.dead_letters);
  writer.PutBytes(manifest.late_rows);
  writer.Put<std::uint8_t>(manifest.finished ? 1 : 0);
  writer.Put<std::uint64_t>(manifest.operators.size());
  for (const OperatorSnapshot& snapshot : manifest.operators) Put(writer, snapshot);
  return writer.Finish();
}

Result<Manifest> DecodeManifest(std::string_view bytes) {
  FLOE_TRY(StateReader reader, StateReader::Open(bytes));
  Manifest manifest;
  FLOE_TRY(auto id, reader.Get<std::int64_t>());
  manifest.id = CheckpointId(id);
  FLOE_TRY(manifest.fingerprint, String(reader));
  FLOE_TRY(manifest.taken_ms, reader.Get<std::int64_t>());
  FLOE_TRY(manifest.sources, NamedList(reader));
  FLOE_TRY(manifest.sinks, NamedList(reader));
  FLOE_TRY(manifest.dead_letters, String(reader));
  FLOE_TRY(manifest.late_rows, String(reader));
  FLOE_TRY(auto finished, reader.Get<std::uint8_t>());
  manifest.finished = finished != 0;
  FLOE_TRY(auto operators, reader.GetCount(sizeof(Counters)));
  for (std::uint64_t i = 0; i < operators; ++i) {
    FLOE_TRY(auto snapshot, Snapshot(reader));
    manifest.operators.push_back(std::move(snapshot));
  }
  return manifest;
}

RecoveryDecision Decide(const RecoveryFacts& facts) {
  using Action = RecoveryDecision::Action;
  RecoveryDecision decision;
  auto refuse = [&](ErrorKind kind, std::string message) {
    decision = {Action::kRefuse, {}, Error(kind, std::move(message))};
    return decision;
  };
  auto known = [&](const std::string& name) {
    return facts.manifest && !name.empty() &&
           std::ranges::any_of(facts.manifest->operators, [&](const OperatorSnapshot& s) { return s.file == name; });
  };
  for (const auto& file : facts.files) {
    if (!known(file.name)) decision.garbage.push_back(file.name);
  }
  if (!facts.manifest) return decision;
  if (facts.manifest->finished) {
    decision.action = Action::kFinished;
    return decision;
  }
  if (facts.manifest->fingerprint != facts.fingerprint) {
    return refuse(
        ErrorKind::kFailedPrecondition,
        fmt::format(
            "checkpoint {} belongs to another version of the job's plan; its state does not fit. Submit the changed "
            "script as a new job, or cancel this one and start it without its checkpoint",
            facts.manifest->id.value()));
  }
  for (const OperatorSnapshot& snapshot : facts.manifest->operators) {
    if (snapshot.file.empty()) continue;
    const auto file = std::ranges::find(facts.files, snapshot.file, &RecoveryFacts::File::name);
    if (file == facts.files.end()) {
      return refuse(ErrorKind::kCorruption,
                    fmt::format("state file '{}' of checkpoint {} is gone; restore the data directory from a "
                                "backup, or start the job without its checkpoint",
                                snapshot.file, facts.manifest->id.value()));
    }
    if (file->size != snapshot.file_size) {
      return refuse(ErrorKind::kCorruption,
                    fmt::format("state file '{}' of checkpoint {} has {} bytes instead of {}", snapshot.file,
                                facts.manifest->id.value(), file->size, snapshot.file_size));
    }
  }
  decision.action = Action::kRestore;
  return decision;
}

}  // namespace floe::stream
