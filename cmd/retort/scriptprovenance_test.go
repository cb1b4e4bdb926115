package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/registry"
)

// provenance REPOSITORY@DIGEST BRANCH: attaches a statement, unsigned, that the
// image was built from the branch.
func cmdProvenance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: provenance REPOSITORY@DIGEST BRANCH")
	}
	client := registry.New(registry.Options{})
	defer client.Close()
	ctx := context.Background()
	desc, err := client.Resolve(ctx, args[0])
	ts.Check(err)
	statement, err := evidence.Provenance{
		Subjects: []evidence.Subject{{Name: args[0], Digest: desc.Digest.String()}},
		Builder:  "https://ci.example.com/",
		Source:   evidence.Source{Branch: args[1]},
	}.Statement()
	ts.Check(err)
	_, err = client.Attach(ctx, args[0], registry.Artifact{Type: evidence.MediaType, MediaType: evidence.MediaType, Data: statement})
	ts.Check(err)
}
