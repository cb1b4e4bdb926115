package promote_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// place is a registry of the test's own and a client for it.
type place struct {
	*registry.Client
	addr string
}

// open also lets the test run beside others: most of its time is the disk's.
func open(t *testing.T) place {
	t.Helper()
	t.Parallel()
	handler, err := serve.Handler(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := registry.New(registry.Options{})
	t.Cleanup(client.Close)
	return place{client, strings.TrimPrefix(server.URL, "http://")}
}

// edge leads a new image, pushed to a repository of the service's name, into
// staging in the same repository.
func (p place) edge(t *testing.T, service string) promote.Edge {
	t.Helper()
	img, err := random.Image(64, 2)
	if err != nil {
		t.Fatal(err)
	}
	repository := p.addr + "/" + service
	pushed, err := p.Push(t.Context(), img, repository+":candidate")
	if err != nil {
		t.Fatal(err)
	}
	return promote.Edge{Service: service, Environment: "staging", From: pushed.Ref(), Repository: repository, Tag: "staging"}
}

// names is the digest that a reference names, empty when it names none.
func (p place) names(t *testing.T, ref string) string {
	t.Helper()
	desc, err := p.Resolve(t.Context(), ref)
	if err != nil {
		return ""
	}
	return desc.Digest.String()
}

// records is the history of an edge's environment.
func (p place) records(t *testing.T, e promote.Edge) []registry.Record {
	t.Helper()
	records, err := p.History(t.Context(), e.Repository, e.Environment, 0)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// gate answers as its function does.
type gate struct {
	name string
	ask  func(promote.Edge) (promote.Verdict, error)
}

var _ promote.Gate = gate{}

func (g gate) Name() string { return g.name }

func (g gate) Ask(_ context.Context, e promote.Edge) (promote.Verdict, error) { return g.ask(e) }

// run promotes the edges through gates, which must not fail.
func run(t *testing.T, reg promote.Registry, gates []promote.Gate, edges ...promote.Edge) promote.Result {
	t.Helper()
	result, err := promote.Run(t.Context(), reg, promote.Options{Edges: edges, Gates: gates})
	if err != nil {
		t.Fatal(err)
	}
	return result
}
