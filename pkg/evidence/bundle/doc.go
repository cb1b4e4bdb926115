// Package bundle signs in-toto statements with a key, and tells who signed one:
// DSSE envelopes (https://github.com/secure-systems-lab/dsse) in sigstore bundles
// (https://docs.sigstore.dev/about/bundle/), which cosign verifies without a
// network. There is no Fulcio and no Rekor, so no certificate and no log: trust
// lies in public keys that the project holds.
//
// # What cosign wants
//
// cosign v2.6.5 and v3.1.3 were seen to accept and to make the following, which
// scripts/cosign-interop holds them to. The bundle is a referrer of the image it
// is about, with MediaType as artifactType and as the media type of its only
// layer: one with a second layer is passed over. The Annotations are cosign's,
// but it does not read them. The key is found by its user; the hint in the
// bundle, base64 of the SHA-256 of the PKIX key, is for people.
//
//	cosign verify-attestation --key cosign.pub --type https://slsa.dev/provenance/v1 \
//	    --new-bundle-format --insecure-ignore-tlog --trusted-root root.json IMAGE@DIGEST
//
// needs a trusted root even with a key, and fetches one unless a file is named;
// {"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"} does.
//
// # What it costs
//
// The types are sigstore's own (protobuf-specs), PAE and the keys' encryption
// securesystemslib's, and the signatures crypto's. A program with net/http and
// package evidence is 7.9 MB large and up in 2.1 ms; this package's imports add
// 0.8 MB and 0.3 ms. sigstore/sigstore v1.10.11 in place of crypto makes that 1.0
// MB and 0.5 ms for the same signatures; sigstore-go v1.3.0 makes it 11 MB and
// 3.4 ms, most of it for logs and certificates that are not used here. A KMS has
// modules of its own in sigstore's library, one of each vendor: NewSigner takes
// any crypto.Signer instead.
package bundle
