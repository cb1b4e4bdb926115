package buildkit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

var update = flag.Bool("update", false, "write the golden files")

// at is a moment of the scripted builds.
func at(seconds int) *time.Time {
	t := time.Unix(1_700_000_000+int64(seconds), 0)
	return &t
}

func node(name string) digest.Digest { return digest.FromString(name) }

func vertexOf(name string, started, completed *time.Time) *client.Vertex {
	return &client.Vertex{Digest: node(name), Name: name, Started: started, Completed: completed}
}

func logOf(name, data string) *client.VertexLog {
	return &client.VertexLog{Vertex: node(name), Data: []byte(data)}
}

// script is a build as BuildKit tells it: vertices are announced, begin, print
// in pieces, are told again with more of their fields, end.
func script() []*client.SolveStatus {
	const load, copied, run, other = "[internal] load build context", "[1/2] COPY . .", "[2/2] RUN make", "[other 1/1] RUN slow"
	cached := vertexOf(copied, at(1), at(1))
	cached.Cached = true
	failed := vertexOf(run, at(1), at(3))
	failed.Error = "process did not complete successfully: exit code: 2"
	ended := vertexOf(other, at(1), at(4))
	ended.Error = "context canceled"
	return []*client.SolveStatus{
		{Vertexes: []*client.Vertex{vertexOf(load, nil, nil), vertexOf(copied, nil, nil), vertexOf(run, nil, nil)}},
		{Vertexes: []*client.Vertex{vertexOf(load, at(0), nil)}},
		{Statuses: []*client.VertexStatus{
			{ID: "transferring context:", Vertex: node(load), Name: "transferring", Timestamp: *at(0)},
			{ID: "transferring context:", Vertex: node(load), Name: "transferring", Started: at(0), Timestamp: *at(1), Current: 2048},
		}},
		{Vertexes: []*client.Vertex{vertexOf(load, at(0), at(1)), cached, vertexOf(run, at(1), nil), vertexOf(other, at(1), nil)}},
		{Statuses: []*client.VertexStatus{{ID: "transferring context:", Vertex: node(load), Started: at(0), Timestamp: *at(2), Current: 4096}}}, // too late
		{Logs: []*client.VertexLog{logOf(other, "working\n"), logOf(run, "cc ma"), logOf(run, "in.c\r\nmain.c:1: err")}},
		{Logs: []*client.VertexLog{logOf(run, "or")}, Warnings: []*client.VertexWarning{{Vertex: node(run), Short: []byte("JSON arguments recommended")}}},
		{Vertexes: []*client.Vertex{ended}}, // told before its cause
		{Vertexes: []*client.Vertex{failed}},
		{Vertexes: []*client.Vertex{failed}}, // told again
	}
}

// The events of a scripted build, one line each.
func TestWatch(t *testing.T) {
	var got strings.Builder
	w := newWatch(engine.BuildSpec{Subject: "orders", Progress: progress.Func(func(e progress.Event) {
		fmt.Fprintf(&got, "%s %s/%s %q status=%s text=%q bytes=%d/%d elapsed=%s err=%v\n",
			kind(e.Kind), e.Stage, e.Subject, e.Task, e.Status, e.Text, e.Current, e.Total, e.Elapsed, e.Err)
	})})
	for _, s := range script() {
		w.update(s)
	}
	w.close()
	golden := filepath.Join("testdata", "watch.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}

	if steps, cached := w.counts(everything); steps != 3 || cached != 1 {
		t.Errorf("%d of %d steps cached, want 1 of 3", cached, steps)
	}
	if steps, _ := w.counts(func(d digest.Digest) bool { return d == node("[2/2] RUN make") }); steps != 1 {
		t.Errorf("%d steps of one that is ours", steps)
	}
	failed := w.failure()
	if failed == nil || failed.name != "[2/2] RUN make" {
		t.Fatalf("the failure is %+v, want RUN make, which ended first", failed)
	}
	if want := []string{"cc main.c", "main.c:1: error"}; !slices.Equal(failed.tail, want) {
		t.Errorf("its last lines are %q, want %q", failed.tail, want)
	}
	if code := exitCode(os.ErrInvalid, failed); code != 2 {
		t.Errorf("its exit code is %d, want 2", code)
	}
}

func everything(digest.Digest) bool { return true }

func kind(k progress.Kind) string {
	return map[progress.Kind]string{
		progress.TaskBegin: "begin", progress.TaskEnd: "end", progress.Bytes: "bytes",
		progress.Log: "log", progress.Warning: "warning",
	}[k]
}

// An error keeps the end of what was printed, not all of it.
func TestWatchTail(t *testing.T) {
	w := newWatch(engine.BuildSpec{})
	for i := range 100 {
		w.update(&client.SolveStatus{Logs: []*client.VertexLog{logOf("[1/1] RUN", fmt.Sprintf("line %d\n", i))}})
	}
	tail := w.at(node("[1/1] RUN")).tail
	if len(tail) != tailLines || tail[0] != "line 80" || tail[tailLines-1] != "line 99" {
		t.Errorf("kept %q", tail)
	}
	if w.failure() != nil {
		t.Error("nothing failed")
	}
}

func TestExitCodeOfText(t *testing.T) {
	for message, want := range map[string]int{
		"executor failed running [/bin/sh -c false]: exit code: 1":                  1,
		`process "/bin/sh -c exit 70" did not complete successfully: exit code: 70`: 70,
		`failed to compute cache key: "/x" not found: not found`:                    0,
		"exit code: what":  0,
		"exit code: 1 not": 0,
	} {
		if got := exitCode(os.ErrInvalid, &vertex{message: message}); got != want {
			t.Errorf("%s: %d, want %d", message, got, want)
		}
	}
	if got := exitCode(os.ErrInvalid, nil); got != 0 {
		t.Errorf("without a vertex it is %d", got)
	}
}

// Engine 20.10 may tell the end of the look into the cache, and only then that
// the instruction runs: what counts is the end of that.
func TestWatchVertexThatBeginsAgain(t *testing.T) {
	const run = "[1/1] RUN make"
	failed := vertexOf(run, at(1), at(3))
	failed.Error = "exit code: 2"
	w := newWatch(engine.BuildSpec{})
	for _, v := range []*client.Vertex{vertexOf(run, at(0), at(0)), vertexOf(run, at(1), nil), failed} {
		w.update(&client.SolveStatus{Vertexes: []*client.Vertex{v}})
	}
	w.close()
	if f := w.failure(); f == nil || f.message != failed.Error {
		t.Errorf("failure is %+v, want %s", f, failed.Error)
	}
}
