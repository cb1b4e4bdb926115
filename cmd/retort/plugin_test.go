package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
)

// variablesOf are NAME=value pairs as a lookup and as an environment.
func variablesOf(text string) (environ []string, getenv func(string) string) {
	environ = strings.Split(text, " ")
	return environ, func(name string) string {
		for _, pair := range environ {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// line is what matters of the settings, in one line.
func (p *plugin) line(dir string) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+strings.ReplaceAll(value, dir, "$DIR"))
		}
	}
	add("refs", strings.Join(p.refs(), ","))
	add("file", strings.TrimPrefix(p.dockerfile, dir+"/"))
	add("context", strings.TrimPrefix(strings.TrimPrefix(p.context, dir), "/"))
	add("target", p.target)
	for _, name := range slices.Sorted(maps.Keys(p.args)) {
		add("arg:"+name, p.args[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.labels)) {
		add("label:"+name, p.labels[name])
	}
	for _, s := range p.secrets {
		add("secret:"+s.ID, s.Env+s.File)
	}
	add("platform", p.platform)
	add("mirror", p.mirror)
	add("hosts", strings.Join(p.hosts, ","))
	add("plain", strings.Join(p.plainHTTP(), ","))
	for name, set := range map[string]bool{"no-cache": p.noCache, "force": p.forceTag, "dry": p.dryRun} {
		if set {
			add("flag", name)
		}
	}
	return strings.Join(parts, " ")
}

func TestPluginSettings(t *testing.T) {
	const repo = "PLUGIN_REPO=r.example.com/app"
	for _, test := range []struct{ vars, want string }{
		{repo, "refs=r.example.com/app:latest file=Dockerfile"},
		{repo + " PLUGIN_TAGS=1.0,latest PLUGIN_TARGET=run", "refs=r.example.com/app:1.0,r.example.com/app:latest file=Dockerfile target=run"},
		{repo + " PLUGIN_TAG=x", "refs=r.example.com/app:x file=Dockerfile"},
		{repo + ",q.example.com/b PLUGIN_TAGS=x", "refs=r.example.com/app:x,q.example.com/b:x file=Dockerfile"},
		{repo + " PLUGIN_TAGS_FILE=names", "refs=r.example.com/app:a,r.example.com/app:b file=Dockerfile"},
		{repo + " PLUGIN_TAGS= PLUGIN_DRY_RUN=true", "refs=r.example.com/app:latest file=Dockerfile flag=dry"},
		{repo + " PLUGIN_DOCKERFILE=docker/Dockerfile.web PLUGIN_CONTEXT=web", "refs=r.example.com/app:latest file=docker/Dockerfile.web context=web"},
		{repo + " PLUGIN_BUILD_ARGS=A=1,B=x=y,HOME_OF", "error: build argument HOME_OF has no value, here or in the environment"},
		{repo + " PLUGIN_BUILD_ARGS=A=1,B=x=y,C C=3", "refs=r.example.com/app:latest file=Dockerfile arg:A=1 arg:B=x=y arg:C=3"},
		{repo + " PLUGIN_BUILD_ARGS_FROM_ENV=C C=3 https_proxy=p", "refs=r.example.com/app:latest file=Dockerfile arg:C=3 arg:HTTPS_PROXY=p arg:https_proxy=p"},
		{repo + " PLUGIN_LABELS=a=1 PLUGIN_CUSTOM_LABELS=b=2 PLUGIN_LABEL_SCHEMA=vendor=acme", "refs=r.example.com/app:latest file=Dockerfile label:a=1 label:b=2 label:org.opencontainers.image.vendor=acme"},
		{repo + " PLUGIN_LABELS=a", "error: setting labels: \"a\" is not written like NAME=value"},
		{repo + " PLUGIN_SECRETS_FROM_ENV=token=TOKEN PLUGIN_SECRETS_FROM_FILE=key=key.pem", "refs=r.example.com/app:latest file=Dockerfile secret:token=TOKEN secret:key=$DIR/key.pem"},
		{repo + " PLUGIN_MIRROR=https://m.example.com PLUGIN_NO_CACHE=1", "refs=r.example.com/app:latest file=Dockerfile mirror=m.example.com flag=no-cache"},
		{repo + " PLUGIN_INSECURE=true PLUGIN_REGISTRY=https://r.example.com/v2/", "refs=r.example.com/app:latest file=Dockerfile plain=r.example.com,r.example.com"},
		{repo + " PLUGIN_INSECURE=true", "refs=r.example.com/app:latest file=Dockerfile plain=r.example.com"},
		{repo + " PLUGIN_ADD_HOST=db:10.0.0.1 PLUGIN_PLATFORM=linux/arm64 PLUGIN_FORCE_TAG=true", "refs=r.example.com/app:latest file=Dockerfile platform=linux/arm64 hosts=db:10.0.0.1 flag=force"},
		{repo + " PLUGIN_CACHE_FROM=r.example.com/app PLUGIN_SQUASH=false PLUGIN_AUTO_LABEL=true PLUGIN_PURGE=true", "refs=r.example.com/app:latest file=Dockerfile"},
		{repo + " PLUGIN_SQUASH=true PLUGIN_BIP=10.0.0.1/24 PLUGIN_TAGZ=x PLUGIN_AUTO_LABEL=false", "error: settings that retort does not support: auto_label: false, bip, squash: true, tagz"},
		{repo + " PLUGIN_DRY_RUN=perhaps", "error: setting dry_run: \"perhaps\" is neither true nor false"},
		{"PLUGIN_REPO=r.example.com/app:1 PLUGIN_TAGS=2", "error: repo r.example.com/app:1 has a tag: that belongs into tags"},
		{"PLUGIN_REPO=r.example.com:5000/app", "refs=r.example.com:5000/app:latest file=Dockerfile"},
		{"PLUGIN_TAGS=x", "error: the setting repo is missing: where to?"},
		{repo + " PLUGIN_AUTO_TAG=true DRONE=true DRONE_BUILD_EVENT=push DRONE_BRANCH=main DRONE_REPO_BRANCH=main", "refs=r.example.com/app:latest file=Dockerfile"},
		{repo + " PLUGIN_AUTO_TAG=true DRONE=true DRONE_BUILD_EVENT=push DRONE_BRANCH=x DRONE_REPO_BRANCH=main", "file=Dockerfile"},
		{repo + " PLUGIN_AUTO_TAG=true PLUGIN_AUTO_TAG_SUFFIX=arm DRONE=true DRONE_BUILD_EVENT=tag DRONE_TAG=v1.4.2", "refs=r.example.com/app:1.4.2-arm,r.example.com/app:1.4-arm,r.example.com/app:1-arm file=Dockerfile"},
		{repo + " PLUGIN_AUTO_TAG=true DRONE=true DRONE_BUILD_EVENT=tag DRONE_TAG=v0.4.2", "refs=r.example.com/app:0.4.2,r.example.com/app:0.4 file=Dockerfile"},
		{repo + " PLUGIN_AUTO_TAG=true DRONE=true DRONE_BUILD_EVENT=tag DRONE_TAG=v1.4.2-rc.1+b", "refs=r.example.com/app:1.4.2-rc.1-b file=Dockerfile"},
		{repo + " PLUGIN_AUTO_TAG=true DRONE=true DRONE_BUILD_EVENT=tag DRONE_TAG=nightly", "error: auto_tag: \"nightly\" is not a version"},
		{repo + " PLUGIN_AUTO_TAG=true PLUGIN_TAGS=x DRONE=true DRONE_BUILD_EVENT=push DRONE_BRANCH=main DRONE_REPO_BRANCH=main", "refs=r.example.com/app:latest file=Dockerfile"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "names"), []byte("a\nb,\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		environ, getenv := variablesOf(test.vars)
		p, err := readPlugin(environ, dir, getenv)
		var got string
		if err == nil {
			got = p.line(dir)
		} else {
			got = "error: " + err.Error()
			if fault.SideOf(err) != fault.Usage {
				t.Errorf("%s: side is %s", test.vars, fault.SideOf(err))
			}
		}
		if got != test.want {
			t.Errorf("%s\n gives %s\n want  %s", test.vars, got, test.want)
		}
	}
}

// A step's .tags file holds its tags, as drone-docker reads it.
func TestPluginTagsFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".tags"), []byte("1.0, latest\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	environ, getenv := variablesOf("PLUGIN_REPO=app")
	p, err := readPlugin(environ, dir, getenv)
	if err != nil || strings.Join(p.tags, " ") != "1.0 latest" {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestIsPlugin(t *testing.T) {
	for vars, want := range map[string]bool{
		"HOME=/root":                    false,
		"PLUGIN_REPO=app":               true,
		"PLUGIN_REPO=":                  false,
		"PLUGIN_TARGET=x":               false,
		"PLUGIN_TARGET=x DRONE=true":    true,
		"PLUGIN_TAGS=x CI=woodpecker":   true,
		"PLUGIN_WHATEVER=x DRONE=true":  false,
		"PLUGIN_USERNAME=x DRONE=false": false,
	} {
		environ, getenv := variablesOf(vars)
		if got := isPlugin(environ, ci.Detect(getenv).System); got != want {
			t.Errorf("%s: %v, want %v", vars, got, want)
		}
	}
}
