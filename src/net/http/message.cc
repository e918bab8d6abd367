// SPDX-License-Identifier: Apache-2.0
#include "net/http/message.h"

#include <algorithm>

#include "net/json_text.h"

namespace floe::net {

namespace {

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view ToString(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kDelete: return "DELETE";
    case Method::kPatch: return "PATCH";
    case Method::kOptions: return "OPTIONS";
  }
  return "GET";
}

std::string_view Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameIgnoringCase(key, name)) return value;
  }
  return {};
}

const std::string* Request::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string_view Request::PathParam(std::string_view name) const {
  for (const auto& [key, value] : path_params) {
    if (key == name) return value;
  }
  return {};
}

Response Response::Json(std::string text, int status) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

Response Response::Text(std::string text, int status) {
  Response response = Json(std::move(text), status);
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

Response Response::Streaming(std::string content_type, Stream stream) {
  Response response;
  response.content_type = std::move(content_type);
  response.stream = std::move(stream);
  return response;
}

Response Response::Error(const floe::Error& error) {
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject();
  json.Key("kind").String(ErrorKindName(error.kind())).Key("message").String(error.ToString());
  if (auto position = error.position()) {
    json.Key("position").BeginObject().Key("line").Int(position->line).Key("column").Int(position->column).EndObject();
  }
  json.EndObject().EndObject();
  Response response = Json(json.Take(), HttpStatus(error.kind()));
  if (response.status == 503 || response.status == 429) response.headers.emplace_back("Retry-After", "1");
  return response;
}

int HttpStatus(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return 400;
    case ErrorKind::kNotFound: return 404;
    case ErrorKind::kAlreadyExists: return 409;
    case ErrorKind::kConflict: return 409;
    case ErrorKind::kOutOfRange: return 416;
    case ErrorKind::kNotSupported: return 501;
    case ErrorKind::kPermissionDenied: return 403;
    case ErrorKind::kFailedPrecondition: return 412;
    case ErrorKind::kResourceExhausted: return 503;
    case ErrorKind::kDiskFull: return 507;
    case ErrorKind::kTooLarge: return 413;
    case ErrorKind::kTimeout: return 504;
    case ErrorKind::kUnavailable: return 503;
    case ErrorKind::kCancelled: return 503;
    case ErrorKind::kCorruption: return 500;
    case ErrorKind::kIo: return 500;
    case ErrorKind::kCommitStateUnknown: return 500;
    case ErrorKind::kInternal: return 500;
  }
  return 500;
}

std::string ErrorKindName(ErrorKind kind) {
  std::string name(floe::ToString(kind));
  for (char& c : name) {
    if (c == ' ' || c == '/') c = '_';
  }
  return name;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

}  // namespace floe::net
