package main

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retort-ci/retort/pkg/evidence/bundle/bundletest"
)

// keypair NAME PASSWORD: makes NAME.key and NAME.pub, as cosign
// generate-key-pair does.
func cmdKeypair(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keypair NAME PASSWORD")
	}
	private, public, err := bundletest.KeyPair(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), private, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), public, 0o600))
}
