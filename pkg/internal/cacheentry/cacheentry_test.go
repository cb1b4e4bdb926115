package cacheentry_test

import (
	"maps"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/cacheentry"
)

func TestRead(t *testing.T) {
	for text, want := range map[string]cacheentry.Entry{
		"registry.example.com/app/cache": {Type: "registry", Attrs: map[string]string{"ref": "registry.example.com/app/cache"}},
		"type=inline":                    {Type: "inline", Attrs: map[string]string{}},
		"TYPE=local, src=a b,mode=max":   {Type: "local", Attrs: map[string]string{"src": "a b", "mode": "max"}},
		`type=local,"src=a,b"`:           {Type: "local", Attrs: map[string]string{"src": "a,b"}},
		"type=local,type=registry,ref=r": {Type: "registry", Attrs: map[string]string{"ref": "r"}},
		"ref=r":                          {Attrs: map[string]string{"ref": "r"}},
	} {
		got, err := cacheentry.Read(text)
		if err != nil || got.Type != want.Type || !maps.Equal(got.Attrs, want.Attrs) {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "type=local,src", `type=local,"src`, "type=local\ntype=registry"} {
		if got, err := cacheentry.Read(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// Whatever reads, reads the same once it has been written.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"r.example.com/a", "type=local,src=a", `type=registry,"ref=a,b"`, "=", "type==,a="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := cacheentry.Read(text)
		if err != nil {
			return
		}
		again, err := cacheentry.Read(e.String())
		if err != nil || again.Type != e.Type || !maps.Equal(again.Attrs, e.Attrs) {
			t.Errorf("%q is %+v, and written %q %+v, %v", text, e, e, again, err)
		}
	})
}
