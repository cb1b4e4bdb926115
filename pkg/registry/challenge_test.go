package registry

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

func TestChallengeOf(t *testing.T) {
	for line, want := range map[string]map[string]string{
		`Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"`: {
			"": "bearer", "realm": "https://auth.example.com/token", "service": "registry", "scope": "repository:a/b:pull,push",
		},
		`Basic realm="a \"quoted\" word"`: {"": "basic", "realm": `a "quoted" word`},
		`BASIC`:                           {"": "basic"},
		`Negotiate, Bearer realm = "r" , service=s`: {"": "bearer", "realm": "r", "service": "s"},
		`Negotiate`:           nil,
		`realm="r"`:           nil,
		``:                    nil,
		`Bearer realm="never`: {"": "bearer", "realm": "never"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/v2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		got := challengeOf(&http.Response{Request: req, Header: http.Header{"Www-Authenticate": {line}}})
		if got == nil {
			if want != nil {
				t.Errorf("%s: no challenge", line)
			}
			continue
		}
		parameters := maps.Clone(got.Parameters)
		parameters[""] = got.Scheme
		if !maps.Equal(parameters, want) || !got.Insecure {
			t.Errorf("%s: %v, insecure %t", line, parameters, got.Insecure)
		}
	}
}

func FuzzParseChallenges(f *testing.F) {
	f.Add(`Bearer realm="https://auth.example.com/token",service="registry"`)
	f.Add(`Basic realm="\"", Bearer a=b`)
	f.Add(`=,="`)
	f.Fuzz(func(t *testing.T, line string) {
		for _, c := range parseChallenges(line) {
			if c.Scheme == "" || c.Scheme != strings.ToLower(c.Scheme) {
				t.Errorf("%q has the scheme %q", line, c.Scheme)
			}
		}
	})
}
