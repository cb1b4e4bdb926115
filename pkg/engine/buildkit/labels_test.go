package buildkit

import (
	"encoding/json"
	"maps"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/retort-ci/retort/pkg/engine"
)

func TestWithDefaults(t *testing.T) {
	defaults := map[string]string{"revision": "abc"}
	for name, c := range map[string]struct {
		config, base string
		want         map[string]string
	}{
		"no labels":          {`{"config":{}}`, ``, map[string]string{"revision": "abc"}},
		"null labels":        {`{"config":{"Labels":null}}`, ``, map[string]string{"revision": "abc"}},
		"no config":          {`{"os":"linux"}`, ``, map[string]string{"revision": "abc"}},
		"another label":      {`{"config":{"Labels":{"a":"b"}}}`, ``, map[string]string{"a": "b", "revision": "abc"}},
		"own label":          {`{"config":{"Labels":{"revision":"mine"}}}`, ``, map[string]string{"revision": "mine"}},
		"own, over the base": {`{"config":{"Labels":{"revision":"mine"}}}`, `{"config":{"Labels":{"revision":"base's"}}}`, map[string]string{"revision": "mine"}},
		"the base's":         {`{"config":{"Labels":{"revision":"base's"}}}`, `{"config":{"Labels":{"revision":"base's"}}}`, map[string]string{"revision": "abc"}},
		"empty, and its own": {`{"config":{"Labels":{"revision":""}}}`, `{"config":{}}`, map[string]string{"revision": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := withDefaults([]byte(c.config), []byte(c.base), defaults)
			if err != nil {
				t.Fatal(err)
			}
			if labels := labelsOf(got); !maps.Equal(labels, c.want) {
				t.Errorf("labels are %v, want %v", labels, c.want)
			}
		})
	}
}

// What is not known here stays as it is.
func TestWithDefaultsKeepsTheRest(t *testing.T) {
	got, err := withDefaults([]byte(`{"history":[{"x":1}],"new":true,"config":{"Healthcheck":{"StartInterval":7},"Cmd":["/a"]}}`), nil, map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"config":{"Cmd":["/a"],"Healthcheck":{"StartInterval":7},"Labels":{"a":"b"}},"history":[{"x":1}],"new":true}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Each platform's config has its own base.
func TestDefaultLabelsOfPlatforms(t *testing.T) {
	res := gateway.NewResult()
	res.AddMeta("containerimage.config/linux/amd64", []byte(`{"config":{"Labels":{"a":"base"}}}`))
	res.AddMeta("containerimage.base.config/linux/amd64", []byte(`{"config":{"Labels":{"a":"base"}}}`))
	res.AddMeta("containerimage.config/linux/arm64", []byte(`{"config":{"Labels":{"a":"own"}}}`))
	res.AddMeta("refs.platforms", []byte(`{}`))
	f := &frontend{spec: engine.BuildSpec{Defaults: map[string]string{"a": "default"}}}
	if err := f.defaultLabels(res); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"containerimage.config/linux/amd64": "default", "containerimage.config/linux/arm64": "own",
	} {
		if got := labelsOf(res.Metadata[key])["a"]; got != want {
			t.Errorf("%s: label is %q, want %q", key, got, want)
		}
	}
	if string(res.Metadata["refs.platforms"]) != "{}" {
		t.Error("other metadata was changed")
	}
}

// Configs come from registries.
func FuzzWithDefaults(f *testing.F) {
	f.Add([]byte(`{"config":{"Labels":{"a":"b"}}}`), []byte(`{"config":{"Labels":null}}`))
	f.Add([]byte(`[]`), []byte(`{`))
	f.Fuzz(func(t *testing.T, config, base []byte) {
		got, err := withDefaults(config, base, map[string]string{"a": "default"})
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Errorf("made %s of %s", got, config)
		}
		if _, ok := labelsOf(got)["a"]; !ok {
			t.Errorf("%s has no label of that name", got)
		}
	})
}
