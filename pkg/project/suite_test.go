package project_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/project"
)

func TestSuite(t *testing.T) {
	p := compose(t, `
services:
  a: { build: ., image: 127.0.0.1:5000/a/a }
  b: { build: . }
  short: { build: ., x-retort: { verifies: [b, a, b] } }
  long:
    image: x
    x-retort:
      verifies: [a]
      reports: [/r/*.xml, stdout:gotest, "/[ab]/?.xml"]
      reports-required: true
      timeout: 1m30s
      retries: 10
      shards: 100
      split: [tests/**/*_test.py, "./e2e/[ab]/*"]
      cache: false
      max-age: 24h
  usual:
    image: x
    x-retort: { verifies: [a], reports-required: false, retries: 0, shards: 1.0, split: "**", cache: true }
  environment:
    image: x
    x-retort: { verifies: [a], reports-required: "${YES}", retries: "${N}", shards: "${N}", cache: "${NO}" }
  nulls:
    image: x
    x-retort:
      { verifies: [a], reports: , reports-required: , timeout: , retries: , shards: , split: , cache: , max-age: , structure: }
`, "YES=TRUE", "NO=off", "N=3")
	for name, want := range map[string]project.Suite{
		"short": {Verifies: []string{"a", "b"}, Timeout: project.DefaultTimeout},
		"long": {
			Verifies: []string{"a"}, Timeout: 90 * time.Second, Retries: 10,
			Reports: []string{"/r/*.xml", "/[ab]/?.xml"}, GoTest: true, ReportsRequired: true,
			Shards: 100, Split: []string{"tests/**/*_test.py", "e2e/[ab]/*"},
			NoCache: true, MaxAge: 24 * time.Hour,
		},
		"usual": {Verifies: []string{"a"}, Timeout: project.DefaultTimeout, Shards: 1, Split: []string{"**"}},
		"environment": {
			Verifies: []string{"a"}, Timeout: project.DefaultTimeout, ReportsRequired: true,
			Retries: 3, Shards: 3, NoCache: true,
		},
		"nulls": {Verifies: []string{"a"}, Timeout: project.DefaultTimeout},
	} {
		s, err := p.Service(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Suite == nil || !reflect.DeepEqual(*s.Suite, want) {
			t.Errorf("%s: got %+v, want %+v", name, s.Suite, want)
		}
	}
}

// checked is a project with structure checks, and a suite that sorts between
// the service and what its checks make.
func checked(t *testing.T) *project.Project {
	t.Helper()
	return compose(t, `
services:
  orders:
    build: .
    image: 127.0.0.1:5000/shop/orders
    x-retort: { structure: [checks.yaml, /etc/checks/all.yaml] }
  orders-slow: { build: ., x-retort: { verifies: [orders] } }
  orders-unit: { build: ., x-retort: { verifies: [orders] } }
  broker: { build: ., x-retort: { structure: ../broker.yaml } }
x-retort:
  environments:
    staging: { requires: [orders-structure] }
`)
}

func TestStructure(t *testing.T) {
	p := checked(t)
	names := []string{"broker", "broker-structure", "orders", "orders-slow", "orders-structure", "orders-unit"}
	if got := namesOf(p.Services); !reflect.DeepEqual(got, names) {
		t.Fatalf("services %q, want %q", got, names)
	}
	files := []string{filepath.Join(p.Dir, "checks.yaml"), "/etc/checks/all.yaml"}
	if orders := p.Services[2]; orders.Suite != nil || !orders.Deployable() || !reflect.DeepEqual(orders.Structure, files) {
		t.Errorf("orders is %+v", orders)
	}
	suite := project.Suite{Verifies: []string{"orders"}, Timeout: project.DefaultTimeout, Structure: files}
	want := project.Service{Name: "orders-structure", Suite: &suite}
	if got := p.Services[4]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	files = []string{filepath.Join(filepath.Dir(p.Dir), "broker.yaml")}
	if got := p.Services[1].Suite.Structure; !reflect.DeepEqual(got, files) {
		t.Errorf("broker is checked by %q, want %q", got, files)
	}
}

func TestChoosingStructure(t *testing.T) {
	p := checked(t)
	suites := []string{"broker-structure", "orders-slow", "orders-structure", "orders-unit"}
	if got, err := p.Suites(); err != nil || !reflect.DeepEqual(namesOf(got), suites) {
		t.Errorf("suites %q, %v; want %q", namesOf(got), err, suites)
	}
	if got, want := namesOf(p.SuitesFor("orders")), suites[1:]; !reflect.DeepEqual(got, want) {
		t.Errorf("suites for orders %q, want %q", got, want)
	}
	if got, err := p.Built(); err != nil || !reflect.DeepEqual(namesOf(got), []string{"broker", "orders", "orders-slow", "orders-unit"}) {
		t.Errorf("built %q, %v", namesOf(got), err)
	}
	if got, err := p.Closure("orders-structure"); err != nil || len(got) > 0 {
		t.Errorf("closure %q, %v", namesOf(got), err)
	}
	_, err := p.Built("orders-structure")
	isUsage(t, err, `service "orders-structure" is a suite of structure checks, which have no image of their own`,
		"name the service it checks: orders")
	_, err = p.Select("orders-structure")
	isUsage(t, err, `service "orders-structure" is a suite, which is not deployed`, "name the services it verifies: orders")
	_, err = p.Suites("orders")
	isUsage(t, err, `service "orders" is not a suite: its structure checks are, under the name orders-structure`,
		"the project's suites are broker-structure, orders-slow, orders-structure, orders-unit")
}
