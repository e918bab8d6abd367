// SPDX-License-Identifier: Apache-2.0
#include "net/http/static_assets.h"

#include <array>
#include <string>

#include <fmt/format.h>
#include <zlib.h>

namespace floe::net {

namespace {

// For the rare client without gzip. The input is our own, compressed at build time.
Result<std::string> Inflate(std::span<const std::uint8_t> gzip) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (inflateInit2(&stream, kGzip) != Z_OK) return Fail(ErrorKind::kInternal, "zlib did not start");
  stream.next_in = const_cast<Bytef*>(gzip.data());
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  int code = Z_OK;
  std::array<char, 16384> chunk{};
  while (code == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kCorruption, "an embedded asset does not decompress; build again");
  return out;
}

Response Serve(const StaticAsset& asset, const Request& request) {
  Response response;
  response.content_type = asset.content_type;
  const std::string etag = fmt::format("\"{}\"", asset.etag);
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.Header("If-None-Match").find(etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  if (request.Header("Accept-Encoding").find("gzip") != std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.static_body = std::string_view(reinterpret_cast<const char*>(asset.gzip.data()), asset.gzip.size());
    return response;
  }
  auto plain = Inflate(asset.gzip);
  if (!plain) return Response::Error(plain.error());
  response.body = std::move(*plain);
  return response;
}

}  // namespace

Status AddStaticAssets(Router& router, std::span<const StaticAsset> assets) {
  for (const StaticAsset& asset : assets) {
    Handler handler = [&asset](const Request& request) { return Serve(asset, request); };
    if (asset.path == "/index.html") FLOE_TRY_VOID(router.Add(Method::kGet, "/", handler));
    FLOE_TRY_VOID(router.Add(Method::kGet, asset.path, std::move(handler)));
  }
  return {};
}

}  // namespace floe::net
