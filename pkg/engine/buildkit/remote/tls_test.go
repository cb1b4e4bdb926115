package remote_test

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Both sides know each other, by files or by the environment.
func TestTLS(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{TLS: true})
	file := func(name string) string { return filepath.Join(d.Certs, name) }
	for name, env := range map[string]map[string]string{
		"directory": {"BUILDKIT_TLS_DIR": d.Certs},
		"files":     {"BUILDKIT_TLS_CACERT": file("ca.pem"), "BUILDKIT_TLS_CERT": file("cert.pem"), "BUILDKIT_TLS_KEY": file("key.pem")},
		"other name": {
			"BUILDKIT_TLS_DIR": d.Certs, "BUILDKIT_TLS_SERVERNAME": "localhost",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, remote.Options{Host: d.Address, Getenv: func(name string) string { return env[name] }})
			text, err := e.Describe(t.Context())
			if err != nil || !strings.Contains(text, d.Address) || !strings.HasPrefix(text, "buildkitd v0.") {
				t.Errorf("described as %q, %v", text, err)
			}
			if _, err := e.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil)}); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is wrong with certificates is told, and what to do.
func TestTLSMismatch(t *testing.T) {
	t.Parallel()
	d, plain := buildkitdtest.Start(t, buildkitdtest.Options{TLS: true}), buildkitdtest.Start(t, buildkitdtest.Options{TCP: true})
	other := buildkitdtest.NewCerts(t)
	for name, c := range map[string]struct {
		host string
		tls  remote.TLS
		hint string
	}{
		"no TLS here":           {d.Address, remote.TLS{}, "BUILDKIT_TLS_DIR"},
		"no TLS there":          {plain.Address, remote.TLS{Dir: d.Certs}, "does not speak TLS"},
		"a name alone":          {plain.Address, remote.TLS{ServerName: "localhost"}, "does not speak TLS"},
		"another's certificate": {d.Address, remote.TLS{Dir: other.Client}, "BUILDKIT_TLS_CACERT"},
		"another name":          {d.Address, remote.TLS{Dir: d.Certs, ServerName: "other.example.com"}, "BUILDKIT_TLS_SERVERNAME"},
		"no certificate of ours": {
			d.Address, remote.TLS{CA: filepath.Join(d.Certs, "ca.pem")}, "refuses this client's certificate",
		},
		"our certificate is another's": {
			d.Address,
			remote.TLS{CA: filepath.Join(d.Certs, "ca.pem"), Cert: filepath.Join(other.Client, "cert.pem"), Key: filepath.Join(other.Client, "key.pem")},
			"refuses this client's certificate",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, remote.Options{Host: c.host, TLS: c.tls, Getenv: nothing}).Describe(t.Context())
			wantAway(t, err, c.hint)
		})
	}
}

// That the way to another machine is open to others is told, once.
func TestWithoutTLS(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{TCP: true})
	elsewhere := strings.Replace(d.Address, "127.0.0.1", "0.0.0.0", 1) // the same, by an address of no loopback
	for host, times := range map[string]int{d.Address: 0, elsewhere: 1} {
		var warned []string
		e := open(t, remote.Options{Host: host, Getenv: nothing, Warn: func(text string) { warned = append(warned, text) }})
		for range 2 {
			if _, err := e.Describe(t.Context()); err != nil {
				t.Fatal(err)
			}
			build(t, e, engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil)})
		}
		if len(warned) != times || times > 0 && !strings.Contains(warned[0], "without TLS") {
			t.Errorf("%s: warned %q, want %d warnings", host, warned, times)
		}
	}
}

// Files that are not there, or no certificates, are the caller's to mend.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	certs := buildkitdtest.NewCerts(t)
	ca, key := filepath.Join(certs.Client, "ca.pem"), filepath.Join(certs.Client, "key.pem")
	for name, tls := range map[string]remote.TLS{
		"empty directory":  {Dir: t.TempDir()},
		"directory and CA": {Dir: certs.Client, CA: ca},
		"no CA":            {CA: filepath.Join(certs.Client, "none.pem")},
		"key as CA":        {CA: key},
		"no key":           {CA: ca, Cert: filepath.Join(certs.Client, "cert.pem")},
		"another key":      {CA: ca, Cert: filepath.Join(certs.Client, "cert.pem"), Key: filepath.Join(certs.Server, "key.pem")},
	} {
		if _, err := remote.New(remote.Options{Host: "tcp://host:1", TLS: tls, StateDir: t.TempDir(), Getenv: nothing}); fault.SideOf(err) != fault.Usage {
			t.Errorf("%s: %v, want a usage fault", name, err)
		}
	}
}

// A daemon's refusal that a reset swallows is asked for again: the first connection
// is reset behind the handshake, the others are refused as a daemon does it.
func TestARefusalIsLost(t *testing.T) {
	t.Parallel()
	certs := buildkitdtest.NewCerts(t)
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs.Server, "cert.pem"), filepath.Join(certs.Server, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	t.Cleanup(func() {
		_ = listener.Close()
		<-served
	})
	go func() {
		defer close(served)
		want := tls.NoClientCert
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}, ClientAuth: want}).HandshakeContext(t.Context())
			if want == tls.NoClientCert {
				_ = conn.(*net.TCPConn).SetLinger(0) // closed by a reset
			}
			_ = conn.Close()
			want = tls.RequireAndVerifyClientCert
		}
	}()
	_, err = open(t, remote.Options{
		Host: "tcp://" + listener.Addr().String(), TLS: remote.TLS{CA: filepath.Join(certs.Client, "ca.pem")}, Getenv: nothing,
	}).Describe(t.Context())
	wantAway(t, err, "refuses this client's certificate")
}
