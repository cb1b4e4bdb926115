// Package registry is everything that is said to a container registry: resolve,
// push, tag and copy images by digest, attach artifacts to them, and keep the
// history of environments, over go-containerregistry.
//
// Only digests cross its borders as identities. Whatever gives a tag to a
// digest reads the tag back from the registry before it says so.
package registry
