package retort_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/retort"
)

// The four stages of a project, one by one: the digest that was pushed is the
// digest that production gets.
func Example() {
	ctx := context.Background()
	dir, env, done := shop(ctx)
	defer done()

	p, err := retort.Open(ctx, retort.Options{Dir: dir, Env: env})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	built, err := p.Build(ctx, retort.BuildOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("images:", len(built.Images))
	tested, err := p.Test(ctx, retort.TestOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := tested.Err(); err != nil { // a suite that failed is a result
		log.Fatal(err)
	}
	fmt.Println(tested.Suites[0].Suite, tested.Suites[0].Verdict)
	pushed, err := p.Push(ctx, retort.PushOptions{Tags: []string{"nightly"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pushed.Images[0].Service, "has", len(pushed.Images[0].Refs), "names")
	for _, environment := range []string{"staging", "production"} {
		promoted, err := p.Promote(ctx, retort.PromoteOptions{To: environment})
		if err != nil {
			log.Fatal(err)
		}
		if err := promoted.Err(); err != nil { // so is a gate that refused
			log.Fatal(err)
		}
		fmt.Println(environment, "has it:", promoted.Moves[0].Digest() == pushed.Images[0].Digest)
	}
	// Output:
	// images: 2
	// unit passed
	// orders has 2 names
	// staging has it: true
	// production has it: true
}

// Run is all stages in order, through every environment on the way. Who comes
// first is refused by a gate, as a verdict.
func ExamplePipeline_Run() {
	ctx := context.Background()
	dir, env, done := shop(ctx)
	defer done()

	p, err := retort.Open(ctx, retort.Options{Dir: dir, Env: env})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	result, err := p.Run(ctx, retort.RunOptions{To: "production"})
	if err != nil {
		log.Fatal(err)
	}
	for _, stage := range result.Stages {
		fmt.Println(stage.Name)
	}
	status, err := p.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	same := slices.ContainsFunc(status, func(s retort.Status) bool { return s.Digest != result.Push.Images[0].Digest })
	fmt.Println("environments:", len(status), "one digest:", !same)
	// Output:
	// build
	// test
	// push
	// staging
	// production
	// environments: 2 one digest: true
}

// References do where a project is not wanted.
func ExampleOpenPlain() {
	ctx := context.Background()
	addr, stop := serveRegistry(ctx)
	defer stop()
	image := plainImage(ctx)
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	p := retort.OpenPlain(retort.Options{Dir: dir})
	defer p.Close()
	tested, err := p.TestImage(ctx, retort.TestImageOptions{Image: image, Command: []string{"/probe", "echo", "hello"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("passed:", tested.Passed())
	pushed, err := p.PushImage(ctx, retort.PushImageOptions{Image: image, Refs: []string{addr + "/team/app:1.2"}})
	if err != nil {
		log.Fatal(err)
	}
	live, err := p.PromoteImage(ctx, retort.PromoteImageOptions{From: pushed.Images[0].Ref(), To: addr + "/prod/app:live"})
	if err != nil {
		log.Fatal(err)
	}
	move := live.Moves[0]
	fmt.Println(strings.TrimPrefix(move.To(), addr), "has it:", move.Digest() == pushed.Images[0].Digest)
	// Output:
	// passed: true
	// /prod/app:live has it: true
}
