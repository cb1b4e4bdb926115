// Command library takes a project from its Dockerfiles to production, with
// retort as a library:
//
//	go run ./examples/library DIRECTORY
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/retort-ci/retort/pkg/retort"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: library DIRECTORY")
	}
	ctx := context.Background()
	p := must(retort.Open(ctx, retort.Options{Dir: os.Args[1]}))
	defer p.Close()

	for _, img := range must(p.Build(ctx, retort.BuildOptions{})).Images {
		fmt.Println("built", img.Service, img.ID)
	}
	tested := must(p.Test(ctx, retort.TestOptions{}))
	for _, suite := range tested.Suites {
		fmt.Println("tested", suite.Suite, suite.Verdict)
	}
	check(tested.Err()) // a suite that failed is a result, until someone minds
	for _, img := range must(p.Push(ctx, retort.PushOptions{})).Images {
		fmt.Println("pushed", img.Ref())
	}
	for _, environment := range []string{"staging", "production"} {
		promoted := must(p.Promote(ctx, retort.PromoteOptions{To: environment}))
		check(promoted.Err()) // and so is a gate that refused
		for _, move := range promoted.Moves {
			fmt.Println("promoted", move.To(), move.Digest())
		}
	}
}

func must[T any](result T, err error) T {
	check(err)
	return result
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
