/** The messages of gRPC's error model (package `google.rpc`), written like those in `schema.ts`. */
export const rpcPackage = 'google.rpc'

export const rpcSchema = `
message Status {
  int32 code = 1;
  string message = 2;
  repeated google.protobuf.Any details = 3;
}
message ErrorInfo {
  string reason = 1;
  string domain = 2;
  map<string, string> metadata = 3;
}
`
