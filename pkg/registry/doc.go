// Package registry is everything that is said to a container registry: resolve,
// push, tag and copy images by digest, attach artifacts to them, and keep the
// history of environments.
//
// Only digests cross its borders as identities. Whatever gives a tag to a
// digest has it confirmed: by the digest in the registry's answer, and where
// the answer has none, by reading the tag back.
//
// # Its own requests
//
// Images, media types, credentials, the exchange of tokens and the registry's
// errors are go-containerregistry's. The requests are made here, since each of
// them costs what a network costs: nothing is asked of /v2/ ahead of the first
// (how to log in is learned from a refusal), a mount is tried without asking
// whether it is needed, an upload goes on in the session that a refused mount
// began, and a small blob is sent with the request that commits it. It also
// lets every request be tried again in one place, and uploads go on where they
// stopped, which go-containerregistry's cannot.
//
// # What a copy asks
//
// By digest, the destination is asked first, and when it names the digest that
// was the only request. By tag between registries both sides are asked at once.
// By tag within a registry the destination is not asked: mounts and a PUT that
// change nothing take no longer than the question would. A blob goes to a
// registry once, and is mounted into its other repositories from there.
//
// # A long history
//
// A record is a manifest under a tag of its own, and is never changed. So that
// a long history is not a request per record, whoever keeps one also looks
// whether many have come since the last page, and then makes another: records
// in one manifest, a cache that readers fill up with what is not on it. What
// there is tells the list of tags alone.
//
// # When it fails
//
// What may pass is tried again: 408, 425, 429 (not before its Retry-After), 5xx
// but 501, connections that break or over which nothing moves for a minute, and
// what a registry that has answered before does while it is restarted. Each is
// told as a warning, and ends when Options.RetryFor has passed since the request
// began to fail. What cannot be read of a first answer is tried again twice, for
// it may have been cut. Refusals are not tried again, nor are bytes that do not
// match their digest.
//
// After a failure an upload asks how much the registry has and sends the rest.
// What a registry says of that is not trusted: bytes are hashed from the first
// on, the commit is by digest, and an upload that turns out to be garbled begins
// anew, once. With Options.CacheDir the next process goes on as well.
package registry
