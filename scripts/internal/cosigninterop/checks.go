package main

import "context"

// check is one thing that has to hold.
type check struct {
	name string
	run  func(context.Context, *room) error
}

func checks() []check {
	return []check{
		{"verifies provenance, test result and summary of ours in bundles, beside evidence that is not signed", oursInBundles},
		{"verifies what we sign with keys of openssl's kind: P-384, Ed25519, RSA", oursByOtherKeys},
		{"refuses ours under another key", oursByAnotherKey},
		{"refuses ours about another image", oursAboutAnother},
		{"does not see a bundle with a second layer", oursWithAnotherLayer},
		{"verifies ours in its legacy form", oursLegacy},
		{"attests in a bundle, which opens", theirsInBundle},
		{"attests in its legacy form, which opens", theirsLegacy},
		{"verifies what retort push --key attaches", retortSigned},
		{"attests in bundles, which retort promote takes", retortTrusts(bundles)},
		{"attests in its legacy form, which retort promote takes", retortTrusts(legacy)},
	}
}
