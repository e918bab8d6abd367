// SPDX-License-Identifier: Apache-2.0
#include "base/secrets.h"

#include <gtest/gtest.h>

namespace floe {
namespace {

TEST(SecretsTest, KeysByFlinksRule) {
  for (const char* key : {"password", "properties.sasl.jaas.config", "properties.ssl.truststore.Password",
                          "s3.secret-key", "oauth.TOKEN", "my.api-key", "apikey", "basic-auth.user-info"})
    EXPECT_TRUE(IsSensitiveKey(key)) << key;
  for (const char* key : {"", "username", "url", "connector", "properties.sasl.mechanism", "key.fields", "pass"})
    EXPECT_FALSE(IsSensitiveKey(key)) << key;
}

TEST(SecretsTest, ValuesAreShownWithoutSecrets) {
  EXPECT_EQ(ShownValue("password", "p"), "******");
  EXPECT_EQ(ShownValue("password", ""), "******");
  EXPECT_EQ(ShownValue("topic", "password"), "password");
  EXPECT_EQ(ShownValue("url", "jdbc:postgresql://h:1/db"), "jdbc:postgresql://h:1/db");
  EXPECT_EQ(ShownValue("url", "jdbc:postgresql://h:1/db?user=u&password=p&sslmode=require"),
            "jdbc:postgresql://h:1/db?user=u&password=******&sslmode=require");
  EXPECT_EQ(ShownValue("url", "jdbc:postgresql://h:1/db?password=p"), "jdbc:postgresql://h:1/db?password=******");
  EXPECT_EQ(ShownValue("url", "jdbc:sqlserver://h;user=u;Password=p;x"), "jdbc:sqlserver://h;user=u;Password=******;x");
  EXPECT_EQ(ShownValue("url", "postgresql://u:p:q@h:1/db?a=b@c"), "postgresql://u:******@h:1/db?a=b@c");
  EXPECT_EQ(ShownValue("url", "http://u@h/a:b@c"), "http://u@h/a:b@c");
  EXPECT_EQ(ShownValue("url", "http://"), "http://");
  EXPECT_EQ(ShownValue("url", "http://h?"), "http://h?");
  EXPECT_EQ(ShownValue("url", "http://h?token=&password"), "http://h?token=******&password");
}

}  // namespace
}  // namespace floe
