package enter_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun/enter"
)

// The programs hold the digest of the source that they were made of.
func TestProgramsAreOfTheSource(t *testing.T) {
	source, err := os.ReadFile("program/enter.c")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(source)
	for _, arch := range []string{"amd64", "arm64"} {
		program, err := enter.Program(arch)
		if err != nil || !bytes.Contains(program, []byte("source="+hex.EncodeToString(sum[:]))) {
			t.Errorf("%s: %v: not of this source; run scripts/enter", arch, err)
		}
	}
	if _, err := enter.Program("s390x"); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("a program for s390x: %v", err)
	}
}
