import FlyingFox
import Foundation

/// Creates responses with the headers that all of them have in common.
enum Answer {
  /// Headers that forbid loading anything from other sites, embedding in other sites, caching, and running scripts in
  /// text of a study.
  static let headers: HTTPHeaders = [
    .cacheControl: "no-store",
    HTTPHeader("Content-Security-Policy"):
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
      + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    HTTPHeader("X-Content-Type-Options"): "nosniff",
    HTTPHeader("X-Frame-Options"): "DENY",
    // With `no-referrer`, browsers would send the login form with the origin `null`.
    HTTPHeader("Referrer-Policy"): "same-origin",
    HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
    HTTPHeader("Cross-Origin-Opener-Policy"): "same-origin",
  ]

  static func text(_ text: String, _ type: String = "text/plain; charset=utf-8") -> HTTPResponse {
    var headers = headers
    headers[.contentType] = type
    return HTTPResponse(statusCode: .ok, headers: headers, body: Data(text.utf8))
  }

  static func html(_ text: String) -> HTTPResponse { Self.text(text, "text/html; charset=utf-8") }

  static func json(_ value: some Encodable) -> HTTPResponse {
    guard let text = try? API.text(of: value) else {
      return failure(.internalServerError, "the answer cannot be written", "")
    }
    return json(text: text + "\n")
  }

  static func json(text: String) -> HTTPResponse { Self.text(text, "application/json; charset=utf-8") }

  static func redirect(to path: String) -> HTTPResponse {
    var headers = headers
    headers[.location] = path
    return HTTPResponse(statusCode: .seeOther, headers: headers)
  }

  /// An error as one line of text, or as a JSON object for paths below `/api`.
  static func failure(_ status: HTTPStatusCode, _ reason: String, _ path: String) -> HTTPResponse {
    var response = path.hasPrefix("/api") ? json(API.Failure(error: reason)) : text(reason + "\n")
    response.statusCode = status
    return response
  }

  static func wrongCount(_ path: String) -> HTTPResponse {
    failure(.badRequest, "count must be a number from 1 to \(API.mostOnPage)", path)
  }
}
