package enginetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// testPush is for engines that send their images themselves. Whatever they do
// for it, their images have the names they had.
func (s *suite) testPush(t *testing.T) {
	if _, ok := s.engine.(engine.Pusher); !ok {
		t.Skip("the engine does not push")
	}
	cases(t, map[string]func(*testing.T){
		"image without a name":    func(t *testing.T) { s.pushKeepsNames(t) },
		"image with the name":     func(t *testing.T) { s.pushKeepsNames(t, "pushed/app:1") },
		"image with another name": func(t *testing.T) { s.pushKeepsNames(t, "other/app:1") },
		"another tag beside it":   func(t *testing.T) { s.pushKeepsNames(t, "pushed/app:2") },
		"the name of another":     s.pushAnothersName,
		"registry away":           s.pushAway,
		"called off":              s.pushCalledOff,
		"missing image":           s.pushMissing,
		"what is left to send":    s.pushUnsent,
		"came by its digest":      s.pushPulled,
	})
}

// unique builds an image that no other test has, with the names.
func (s *suite) unique(t *testing.T, from string, names ...string) engine.Built {
	t.Helper()
	spec := s.spec(t, from+"COPY unique /unique\n", map[string]string{"unique": t.Name() + from})
	spec.Tags = names
	return s.build(t, spec)
}

func (s *suite) namesOf(t *testing.T, id string) []string {
	t.Helper()
	info, err := need[engine.Inspector](t, s).InspectImage(t.Context(), id)
	if err != nil {
		t.Fatalf("after the push: %v", err)
	}
	return slices.Sorted(slices.Values(info.RepoTags))
}

func (s *suite) pushKeepsNames(t *testing.T, names ...string) {
	t.Helper()
	addr := newRegistry(t)
	for i := range names {
		names[i] = addr + "/" + names[i]
	}
	built := s.unique(t, fromProbe, names...)
	digest, err := need[engine.Pusher](t, s).Push(t.Context(), built.ID, addr+"/pushed/app:1", engine.PushOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := remoteDigest(t, addr+"/pushed/app:1"); got != digest {
		t.Errorf("the engine says %s, the registry has %s", digest, got)
	}
	if got := s.namesOf(t, built.ID); !slices.Equal(got, names) {
		t.Errorf("the image has the names %q now, it had %q", got, names)
	}
}

func (s *suite) pushAnothersName(t *testing.T) {
	ref := newRegistry(t) + "/pushed/app:1"
	other := s.unique(t, fromProbe+"WORKDIR /other\n", ref)
	built := s.unique(t, fromProbe)
	_, err := need[engine.Pusher](t, s).Push(t.Context(), built.ID, ref, engine.PushOptions{})
	wantErr(t, err, engine.ErrUnsupported)
	if got := s.namesOf(t, other.ID); !slices.Equal(got, []string{ref}) {
		t.Errorf("the other image has the names %q now", got)
	}
}

func (s *suite) pushAway(t *testing.T) {
	built := s.unique(t, fromProbe)
	if _, err := need[engine.Pusher](t, s).Push(t.Context(), built.ID, "127.0.0.1:1/pushed/app:1", engine.PushOptions{}); err == nil {
		t.Error("pushed to where nothing listens")
	}
	if got := s.namesOf(t, built.ID); len(got) > 0 {
		t.Errorf("the image has the names %q now", got)
	}
}

func (s *suite) pushCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next := registryHandler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // an upload begins
			cancel()
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	built := s.unique(t, fromProbe)
	ref := strings.TrimPrefix(server.URL, "http://") + "/pushed/app:1"
	_, err := need[engine.Pusher](t, s).Push(ctx, built.ID, ref, engine.PushOptions{})
	wantErr(t, err, context.Canceled)
	if got := s.namesOf(t, built.ID); len(got) > 0 {
		t.Errorf("the image has the names %q now", got)
	}
}

func (s *suite) pushMissing(t *testing.T) {
	missing := "sha256:" + strings.Repeat("0", 64)
	if _, err := need[engine.Pusher](t, s).Push(t.Context(), missing, newRegistry(t)+"/pushed/app:1", engine.PushOptions{}); err == nil {
		t.Error("pushed what is not there")
	}
	_, _, err := need[engine.Pusher](t, s).Unsent(t.Context(), missing, "127.0.0.1:1/pushed/app:1")
	wantErr(t, err, engine.ErrImageNotFound)
}

// What was pushed need not be sent again, by itself or below another image.
func (s *suite) pushUnsent(t *testing.T) {
	addr := newRegistry(t)
	pusher := need[engine.Pusher](t, s)
	first := s.unique(t, fromProbe)
	unsent, total, err := pusher.Unsent(t.Context(), first.ID, addr+"/pushed/app:1")
	if err != nil || unsent != total || total == 0 {
		t.Errorf("before the push %d of %d bytes are to be sent (%v)", unsent, total, err)
	}
	if _, err := pusher.Push(t.Context(), first.ID, addr+"/pushed/app:1", engine.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	second := s.unique(t, fromProbe+"COPY unique /below\n")
	for id, most := range map[string]int64{first.ID: 0, second.ID: 1 << 10} {
		if unsent, total, err = pusher.Unsent(t.Context(), id, addr+"/other/app:1"); err != nil || unsent > most {
			t.Errorf("after the push %d of %d bytes are to be sent (%v), want at most %d", unsent, total, err, most)
		}
	}
	if unsent, total, err = pusher.Unsent(t.Context(), second.ID, newRegistry(t)+"/other/app:1"); err != nil || unsent != total {
		t.Errorf("to another registry %d of %d bytes are to be sent (%v)", unsent, total, err)
	}
}

// An image that came by its digest has no tag. It stays, and so does its digest.
func (s *suite) pushPulled(t *testing.T) {
	addr := newRegistry(t)
	img := s.export(t, s.unique(t, fromProbe).ID, engine.ExportOptions{})
	push(t, addr+"/pushed/app:1", img)
	by := addr + "/pushed/app@" + digestOf(t, img)
	pulled, err := need[engine.Puller](t, s).Pull(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := need[engine.Pusher](t, s).Push(t.Context(), pulled.ID, addr+"/pushed/app:2", engine.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	info, err := need[engine.Inspector](t, s).InspectImage(t.Context(), pulled.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.RepoTags) > 0 || !slices.Contains(info.RepoDigests, by) {
		t.Errorf("the image has the tags %q and digests %q now, it was %s", info.RepoTags, info.RepoDigests, by)
	}
}
