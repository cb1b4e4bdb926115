package bundle_test

import (
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// What one machine signs, another opens, and cosign too.
func Example() {
	pem, err := os.ReadFile("testdata/cosign.key")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := bundle.ParseSigner(pem, []byte("correct horse"))
	if err != nil {
		log.Fatal(err)
	}
	statement, err := evidence.TestResult{
		Subjects: []evidence.Subject{{Name: "registry.example.com/shop/orders", Digest: digest}},
		Suite:    evidence.Subject{Name: "e2e", Digest: digest},
		Passed:   true,
	}.Statement()
	if err != nil {
		log.Fatal(err)
	}
	signed, err := signer.Sign(statement)
	if err != nil {
		log.Fatal(err)
	}

	keys, err := bundle.ParseKeys("release", signer.Key().PEM())
	if err != nil {
		log.Fatal(err)
	}
	opened, by, err := bundle.Open(signed, keys)
	if err != nil {
		log.Fatal(err)
	}
	result, err := evidence.ParseTestResult(opened)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(by, "signed that", result.Suite.Name, "passed:", result.Passed, result.About(digest))

	_, _, err = bundle.Open(signed, nil)
	fmt.Println(errors.Is(err, bundle.ErrSignature), err)
	// Output:
	// release signed that e2e passed: true true
	// true signature does not verify: there is no key to verify it with
}

const digest = "sha256:670c2aca92c59410e667ee00f68e63031486a93f3111c5a9193878cba6719f7e"
