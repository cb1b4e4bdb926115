package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestSideAndHintAreFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("push orders: %w", fault.New(fault.Infrastructure, "is it up?", "registry: %w", io.ErrUnexpectedEOF))
	if got := fault.SideOf(err); got != fault.Infrastructure {
		t.Errorf("side is %s", got)
	}
	if got := fault.HintOf(err); got != "is it up?" {
		t.Errorf("hint is %q", got)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestWrapKeepsTheSideNearestToTheCause(t *testing.T) {
	inner := fault.New(fault.Policy, "ask the owner", "refused")
	err := fault.Wrap(fault.Usage, fmt.Errorf("promote: %w", inner), "another hint")
	if fault.SideOf(err) != fault.Policy || fault.HintOf(err) != "ask the owner" {
		t.Errorf("got %s, %q", fault.SideOf(err), fault.HintOf(err))
	}
	if fault.Wrap(fault.Usage, nil, "hint") != nil {
		t.Error("no error became one")
	}
}

func TestWithoutASide(t *testing.T) {
	if got := fault.SideOf(io.EOF); got != fault.Unexpected {
		t.Errorf("side is %s", got)
	}
	if fault.HintOf(io.EOF) != "" || fault.DetailOf(io.EOF) != nil {
		t.Error("a plain error has a hint or details")
	}
}

// The exit codes are a contract with Jenkinsfiles.
func TestExitCodes(t *testing.T) {
	for side, code := range map[fault.Side]int{
		fault.Unexpected: 1, fault.Usage: 2, fault.Tests: 3, fault.Policy: 4, fault.Infrastructure: 5,
	} {
		if side.ExitCode() != code {
			t.Errorf("%s exits with %d, want %d", side, side.ExitCode(), code)
		}
		if side.String() == "" {
			t.Errorf("side %d has no name", side)
		}
	}
}

func ExampleNew() {
	err := fault.New(fault.Usage, "retort build orders", "no image of %s", "orders")
	fmt.Println(err)
	fmt.Println("next:", fault.HintOf(err), "· exit", fault.SideOf(err).ExitCode())
	// Output:
	// no image of orders
	// next: retort build orders · exit 2
}
