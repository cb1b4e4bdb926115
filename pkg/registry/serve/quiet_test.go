package serve_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/retort-ci/retort/pkg/registry/serve"
)

// The process-wide logger of logrus, which distribution uses unless told
// otherwise, must stay silent, and ours must hear what it would have said.
func TestNothingIsLoggedBehindTheCallersBack(t *testing.T) {
	var behind, heard safeBuffer
	logrus.SetOutput(&behind)
	t.Cleanup(func() { logrus.SetOutput(os.Stderr) })
	log := slog.New(slog.NewTextHandler(&heard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server, err := serve.Listen(t.Context(), serve.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0", Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	push(t, server.Addr(), "team/app:1", image(t))
	do(t, http.MethodGet, "http://"+server.Addr()+"/v2/team/app/manifests/missing", nil)
	do(t, http.MethodGet, "http://"+server.Addr()+"/v2/team/app/tags/list", nil)
	do(t, http.MethodGet, "http://"+server.Addr()+"/v2/_catalog", nil)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if behind.String() != "" {
		t.Errorf("the process-wide logger was used:\n%s", behind.String())
	}
	for _, want := range []string{"response completed", "missing"} {
		if !strings.Contains(heard.String(), want) {
			t.Errorf("our logger did not hear %q", want)
		}
	}
}

func TestAnExposedRegistryIsWarnedOf(t *testing.T) {
	for addr, warned := range map[string]bool{"127.0.0.1:0": false, "[::1]:0": false, "0.0.0.0:0": true} {
		var heard safeBuffer
		server, err := serve.Listen(t.Context(), serve.Options{
			Dir: t.TempDir(), Addr: addr, Logger: slog.New(slog.NewTextHandler(&heard, nil)),
		})
		if err != nil {
			if addr == "[::1]:0" {
				t.Logf("no IPv6 here: %v", err)
				continue
			}
			t.Fatal(err)
		}
		if got := strings.Contains(heard.String(), "other machines"); got != warned {
			t.Errorf("%s: warned %v, want %v: %s", addr, got, warned, heard.String())
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
