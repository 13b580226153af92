import { readSchema } from '../protobuf-schema.ts'

/**
 * The part of `envoy.service.auth.v3` (Envoy API v3: external_auth.proto, attribute_context.proto) that is read and
 * written here, with its numbers. Messages of other packages stand beside them: on the wire they have no package.
 */
const authPackage = 'envoy.service.auth.v3'

const registry = readSchema(
  authPackage,
  `
message CheckRequest {
  AttributeContext attributes = 1;
}
message AttributeContext {
  Request request = 4;
  map<string, string> context_extensions = 10;
}
message Request {
  HttpRequest http = 2;
}
message HttpRequest {
  string id = 1;
  string method = 2;
  map<string, string> headers = 3;
  string path = 4;
  string host = 5;
  string scheme = 6;
  string query = 7;
  string body = 11;
  bytes raw_body = 12;
  HeaderMap header_map = 13;
}
message HeaderMap {
  repeated HeaderValue headers = 1;
}
message HeaderValue {
  string key = 1;
  string value = 2;
  bytes raw_value = 3;
}
message HeaderValueOption {
  HeaderValue header = 1;
}
message HttpStatus {
  int32 code = 1;
}
message Status {
  int32 code = 1;
  string message = 2;
}
message CheckResponse {
  Status status = 1;
  oneof http_response {
    DeniedHttpResponse denied_response = 2;
    OkHttpResponse ok_response = 3;
  }
}
message DeniedHttpResponse {
  HttpStatus status = 1;
  repeated HeaderValueOption headers = 2;
  string body = 3;
}
message OkHttpResponse {
  repeated HeaderValueOption headers = 2;
  repeated string headers_to_remove = 5;
}
`,
)

export const checkPath = `/${authPackage}.Authorization/Check`
export const checkRequest = registry.getMessage(`${authPackage}.CheckRequest`)!
export const checkResponse = registry.getMessage(`${authPackage}.CheckResponse`)!

/** A CheckRequest as it is read. */
export interface CheckRequest {
  readonly attributes?: {
    readonly request?: { readonly http?: CheckedHttp }
    readonly contextExtensions: Readonly<Record<string, string>>
  }
}

export interface CheckedHttp {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly path: string
  readonly host: string
  readonly body: string
  readonly rawBody: Uint8Array
  /** In place of `headers` where the data plane sends them as they came. */
  readonly headerMap?: {
    readonly headers: readonly {
      readonly key: string
      readonly value: string
      readonly rawValue: Uint8Array
    }[]
  }
}
