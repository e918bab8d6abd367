// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/property.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/matchers.h"

namespace floe::iceberg {
namespace {

using testing::HasSubstr;

struct Case {
  const char* key;
  const char* value;
  const char* allowed;  ///< in the message; empty: the value works
};

class PropertyTest : public testing::TestWithParam<Case> {};

TEST_P(PropertyTest, ValuesThatCannotWorkAreRefused) {
  const auto& [key, value, allowed] = GetParam();
  Status checked = CheckProperty(key, value);
  if (*allowed == '\0') {
    ASSERT_OK(checked);
    return;
  }
  ASSERT_FALSE(checked.has_value());
  EXPECT_THAT(checked.error().message(), HasSubstr(std::string("'") + key + "' = '" + value + "'"));
  EXPECT_THAT(checked.error().message(), HasSubstr(allowed));
}

INSTANTIATE_TEST_SUITE_P(
    All, PropertyTest,
    testing::Values(
        Case{"write.target-file-size-bytes", "134217728", ""},
        Case{"write.target-file-size-bytes", "128MB", "a whole number from 1"},
        Case{"write.target-file-size-bytes", "0", "a whole number from 1"},
        Case{"write.target-file-size-bytes", "", "a whole number from 1"},
        Case{"write.target-file-size-bytes", "99999999999999999999", "a whole number from 1"},
        Case{"history.expire.max-snapshot-age-ms", "-1", "a whole number from 0"},
        Case{"history.expire.min-snapshots-to-keep", "0", "a whole number from 1"},
        Case{"write.metadata.previous-versions-max", "0", ""},
        Case{"write.metadata.previous-versions-max", "1.5", "a whole number from 0"},
        Case{"write.parquet.compression-level", "23", "from 0 to 22"},
        Case{"commit.manifest.min-count-to-merge", "many", "a whole number"},
        Case{"write.parquet.compression-codec", "ZSTD", ""}, Case{"write.parquet.compression-codec", "lzo", "zstd"},
        Case{"compression_codec", "zst", "zstd, snappy, gzip, lz4, brotli, uncompressed"},
        Case{"write.avro.compression-codec", "snappy", "there is gzip, uncompressed"},
        Case{"write.format.default", "PARQUET", ""}, Case{"format", "ORC", "there is parquet"},
        Case{"write.format.default", "csv", "it takes parquet"}, Case{"gc.enabled", "True", ""},
        Case{"gc.enabled", "no", "true or false"}, Case{"write.metadata.delete-after-commit.enabled", "1", "true or"},
        Case{"write.metadata.metrics.default", "truncate(32)", ""},
        Case{"write.metadata.metrics.default", "truncate(0)", "truncate(N), N from 1"},
        Case{"write.metadata.metrics.column.a", "some", "none, counts, full"}, Case{"format-version", "two", "1 or 2"},
        Case{"write.nobody-reads.this", "anything", ""}, Case{"mine", "-1", ""}));

}  // namespace
}  // namespace floe::iceberg
