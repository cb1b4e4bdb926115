package project_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/project"
)

func TestEnvironmentGates(t *testing.T) {
	p := compose(t, `
services: { a: { image: x } }
x-retort:
  environments:
    staging:
    production:
      after: staging
      soak: 1h30m
      branches: main
      tags: ["v*", "w*"]
      freeze: [Fri 16:00 - Mon 08:00, 2026-12-20 - 2027-01-02]
      exec: { command: "check --for 'a b'", timeout: 30s }
      override: true
    canary: { exec: [sh, -c, "a && b"] }
`)
	e, err := p.Environment("production")
	if err != nil {
		t.Fatal(err)
	}
	want := "1h30m0s [main] [v* w*] [Fri 16:00 - Mon 08:00 2026-12-20 - 2027-01-02] true"
	if got := fmt.Sprint(e.Soak, e.Branches, e.Tags, e.Freeze, e.Override); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if e.Exec == nil || !slices.Equal(e.Exec.Command, []string{"check", "--for", "a b"}) || e.Exec.Timeout != 30*time.Second {
		t.Errorf("exec is %+v", e.Exec)
	}
	canary, err := p.Environment("canary")
	if err != nil || !slices.Equal(canary.Exec.Command, []string{"sh", "-c", "a && b"}) || canary.Exec.Timeout != 0 {
		t.Errorf("exec is %+v, %v", canary.Exec, err)
	}
}

func TestPlaces(t *testing.T) {
	p := compose(t, `
name: shop
services:
  orders: { build: ., image: r/orders }
  bill.ing: { build: ., image: r/billing }
x-retort:
  environments:
    production:
      write:
      - kustomization: "deploy/{{.Service}}/kustomization.yaml"
      - compose: ./deploy/compose.yaml
      - { yaml: values.yaml, digest: "{{.Service}}.digest", image: '{{.Project}}.a\.b', services: [bill.ing] }
    canary: { write: { yaml: values.yaml, digest: digest } }
`)
	want := []string{
		"production orders [{deploy/orders/kustomization.yaml  false} {deploy/compose.yaml services.orders.image true}]",
		`production bill.ing [{deploy/bill.ing/kustomization.yaml  false} {deploy/compose.yaml services.bill\.ing.image true} ` +
			`{values.yaml bill\.ing.digest false} {values.yaml shop.a\.b true}]`,
		"canary orders [{values.yaml digest false}]",
	}
	var got []string
	for _, at := range [][2]string{{"production", "orders"}, {"production", "bill.ing"}, {"canary", "orders"}} {
		e, err := p.Environment(at[0])
		if err != nil {
			t.Fatal(err)
		}
		places, err := e.Places(project.Service{Name: at[1]}, p.Name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(at[0], " ", at[1], " ", places))
	}
	if !slices.Equal(got, want) {
		t.Errorf("places are\n%q, want\n%q", got, want)
	}
	outside := project.Environment{Write: []project.Write{{File: "../{{.Service}}.yaml"}}}
	if places, err := outside.Places(project.Service{Name: "orders"}, p.Name); err == nil {
		t.Errorf("outside is %v", places)
	}
}
