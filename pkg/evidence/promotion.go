package evidence

import (
	"fmt"
	"reflect"
)

// promotionField holds a Promotion in a verification summary. SLSA lets
// producers add fields whose names are URIs.
const promotionField = "https://github.com/retort-ci/retort/promotion/v1"

// Promotion is what a Summary of ours tells besides: how a digest entered an
// environment, or why it did not.
type Promotion struct {
	Environment string        `json:"environment"`
	Project     string        `json:"project,omitempty"`
	Service     string        `json:"service,omitempty"`
	Action      string        `json:"action"`             // promote or rollback
	From        string        `json:"from,omitempty"`     // repository@digest it was copied from
	Previous    string        `json:"previous,omitempty"` // digest that the environment had before
	Actor       string        `json:"actor,omitempty"`
	Build       string        `json:"build,omitempty"`    // URL of the CI build
	Override    string        `json:"override,omitempty"` // why gates that refused were overruled
	Gates       []GateVerdict `json:"gates,omitempty"`    // every gate that was asked
}

// GateVerdict is what one gate answered.
type GateVerdict struct {
	Gate    string `json:"gate"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
	Remedy  string `json:"remedy,omitempty"` // what would satisfy the gate
}

func (p Promotion) isZero() bool { return reflect.ValueOf(p).IsZero() }

// check refuses a promotion that does not say where to, and one that passed
// although a gate refused and nobody overruled it.
func (p Promotion) check(passed bool) error {
	if p.isZero() {
		return nil
	}
	if p.Environment == "" || p.Action == "" {
		return fmt.Errorf("promotion %q to environment %q says too little", p.Action, p.Environment)
	}
	for _, g := range p.Gates {
		if passed && !g.Allowed && p.Override == "" {
			return fmt.Errorf("it passed, but gate %s refused", g.Gate)
		}
	}
	return nil
}
