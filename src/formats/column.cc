// SPDX-License-Identifier: Apache-2.0
#include "formats/column.h"

#include <algorithm>

namespace floe::formats {
namespace {

using data::TypeKind;

class PinnedBuffer final : public duckdb::VectorBuffer {
 public:
  explicit PinnedBuffer(std::shared_ptr<const void> keep_alive)
      : VectorBuffer(duckdb::VectorBufferType::OPAQUE_BUFFER), keep_alive_(std::move(keep_alive)) {}

 private:
  std::shared_ptr<const void> keep_alive_;
};

bool IsList(TypeKind kind) {
  return kind == TypeKind::kArray || kind == TypeKind::kMap || kind == TypeKind::kMultiset;
}

}  // namespace

Pin::Pin(std::string_view bytes, std::shared_ptr<const void> keep_alive) : bytes(bytes) {
  if (keep_alive) holder = duckdb::make_shared_ptr<PinnedBuffer>(std::move(keep_alive));
}

Column Column::Make(const data::Type& type, std::string name) {
  Column column;
  column.type = type;
  column.name = std::move(name);
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    column.children.push_back(Make(type.child(i), type.fields()[i].name));
  }
  if (type.kind() == TypeKind::kMultiset) column.children.push_back(Make(data::Type::Int(), "count"));
  return column;
}

void Column::Bind(duckdb::Vector& target) {
  vector = &target;
  pinned = nullptr;
  data = duckdb::FlatVector::GetData(target);
  validity = &duckdb::FlatVector::Validity(target);
  switch (type.kind()) {
    case TypeKind::kRow: {
      auto& entries = duckdb::StructVector::GetEntries(target);
      for (std::size_t i = 0; i < children.size(); ++i) children[i].Bind(*entries[i]);
      return;
    }
    case TypeKind::kArray: children[0].Bind(duckdb::ListVector::GetEntry(target)); return;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      children[0].Bind(duckdb::MapVector::GetKeys(target));
      children[1].Bind(duckdb::MapVector::GetValues(target));
      return;
    default: return;
  }
}

void Column::SetNull(std::size_t row) {
  if (IsList(type.kind())) static_cast<duckdb::list_entry_t*>(data)[row] = {0, 0};
  validity->SetInvalid(row);
  if (type.kind() == TypeKind::kRow) {
    for (Column& child : children) child.SetNull(row);
  }
}

void Column::SetLongString(std::size_t row, std::string_view text, const Pin& pin) {
  if (!pin.Holds(text)) {
    Set(row, duckdb::StringVector::AddStringOrBlob(*vector, text.data(), text.size()));
    return;
  }
  if (pinned != pin.holder.get()) {
    duckdb::StringVector::AddBuffer(*vector, pin.holder);
    pinned = pin.holder.get();
  }
  Set(row, duckdb::string_t(text.data(), static_cast<std::uint32_t>(text.size())));
}

std::size_t Column::ListSize() const {
  return duckdb::ListVector::GetListSize(*vector);
}

void Column::ReserveList(std::size_t size) {
  if (size <= duckdb::ListVector::GetListCapacity(*vector)) return;
  duckdb::ListVector::Reserve(*vector, std::max<std::size_t>(size, 2 * duckdb::ListVector::GetListCapacity(*vector)));
  Bind(*vector);
}

void Column::SetList(std::size_t row, std::size_t offset, std::size_t length) {
  Set(row, duckdb::list_entry_t(offset, length));
  if (offset + length > ListSize()) duckdb::ListVector::SetListSize(*vector, offset + length);
}

}  // namespace floe::formats
