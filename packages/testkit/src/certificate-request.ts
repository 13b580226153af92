/** What an agent does with the SDK to get a certificate, for tests of the node, which does not depend on the SDK. */
export { bindingOf } from '@ambit/sdk/certificate-acme'
export { certificateRequest, createCertificateKeys } from '@ambit/sdk/certificate-request'
