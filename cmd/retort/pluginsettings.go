package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// setting is one that plugins/docker has, by its names without PLUGIN_.
type setting struct {
	names []string
	read  func(p *plugin, value string) error
}

// findSetting gives the setting of that name, or nil.
func findSetting(name string) *setting {
	for _, s := range settings() {
		if slices.Contains(s.names, name) {
			return &s
		}
	}
	return nil
}

// settings are those that are understood: what drone-docker documents, and what
// Woodpecker's docker-buildx has in common with it. All others are refused.
func settings() []setting {
	all := []setting{
		{[]string{"REPO"}, asList(func(p *plugin) *[]string { return &p.repos })},
		{[]string{"TAGS", "TAG"}, asList(func(p *plugin) *[]string { return &p.tags })},
		{[]string{"TAGS_FILE"}, asText(func(p *plugin) *string { return &p.tagsFile })},
		{[]string{"AUTO_TAG", "DEFAULT_TAGS"}, asBool(func(p *plugin) *bool { return &p.autoTag })},
		{[]string{"AUTO_TAG_SUFFIX", "DEFAULT_SUFFIX"}, asText(func(p *plugin) *string { return &p.suffix })},
		{[]string{"REGISTRY"}, asText(func(p *plugin) *string { return &p.registry })},
		{[]string{"USERNAME"}, asText(func(p *plugin) *string { return &p.username })},
		{[]string{"PASSWORD"}, asText(func(p *plugin) *string { return &p.password })},
		{[]string{"CONFIG"}, asText(func(p *plugin) *string { return &p.config })},
		{[]string{"DOCKERFILE"}, asText(func(p *plugin) *string { return &p.dockerfile })},
		{[]string{"CONTEXT"}, asText(func(p *plugin) *string { return &p.context })},
		{[]string{"TARGET"}, asText(func(p *plugin) *string { return &p.target })},
		{[]string{"PLATFORM"}, asText(func(p *plugin) *string { return &p.platform })},
		{[]string{"BUILD_ARGS"}, asList(func(p *plugin) *[]string { return &p.argList })},
		{[]string{"BUILD_ARGS_FROM_ENV"}, asList(func(p *plugin) *[]string { return &p.argList })},
		{[]string{"LABELS", "LABEL", "CUSTOM_LABELS"}, asPairs("", func(p *plugin) map[string]string { return p.labels })},
		{[]string{"LABEL_SCHEMA"}, asPairs("org.opencontainers.image.", func(p *plugin) map[string]string { return p.labels })},
		{[]string{"ADD_HOST"}, asList(func(p *plugin) *[]string { return &p.hosts })},
		{[]string{"SECRETS_FROM_ENV"}, asPairs("", func(p *plugin) map[string]string { return p.secretEnvs })},
		{[]string{"SECRETS_FROM_FILE"}, asPairs("", func(p *plugin) map[string]string { return p.secretFiles })},
		{[]string{"MIRROR"}, asText(func(p *plugin) *string { return &p.mirror })},
		{[]string{"INSECURE"}, asBool(func(p *plugin) *bool { return &p.insecure })},
		{[]string{"NO_CACHE"}, asBool(func(p *plugin) *bool { return &p.noCache })},
		{[]string{"FORCE_TAG"}, asBool(func(p *plugin) *bool { return &p.forceTag })},
		{[]string{"DRY_RUN"}, asBool(func(p *plugin) *bool { return &p.dryRun })},
	}
	return slices.Concat(all, idleSettings())
}

// idleSettings change nothing about the image, so a step that has them runs, and
// is told.
func idleSettings() []setting {
	const daemon = "retort starts no Docker daemon"
	idle := func(why string, names ...string) setting {
		return setting{names, func(p *plugin, _ string) error {
			p.note("%s is not needed: %s", strings.ToLower(names[0]), why)
			return nil
		}}
	}
	only := func(value bool, name string) setting { // the other value would be a wish
		return setting{[]string{name}, func(_ *plugin, text string) error {
			if got, err := strconv.ParseBool(text); err != nil || got != value {
				return errUnsupported
			}
			return nil
		}}
	}
	return []setting{
		idle("the engine's own build cache is used", "CACHE_FROM"),
		idle("the context goes to the engine as it is", "COMPRESS"),
		idle("base images are looked up anew in each build", "PULL_IMAGE"),
		idle("nothing is left over but the image and the build cache", "PURGE"),
		idle("RETORT_PROGRESS=quiet does that", "QUIET"),
		idle("no registry asks for it any more", "EMAIL"),
		idle(daemon, "DAEMON_OFF"), idle(daemon, "DEBUG"), idle(daemon, "EXPERIMENTAL"),
		idle(daemon, "STORAGE_DRIVER"), idle(daemon, "STORAGE_PATH"),
		only(true, "AUTO_LABEL"), only(true, "DEFAULT_LABELS"), only(false, "SQUASH"), only(false, "IPV6"),
	}
}

func asText(of func(*plugin) *string) func(*plugin, string) error {
	return func(p *plugin, value string) error { *of(p) = value; return nil }
}

func asBool(of func(*plugin) *bool) func(*plugin, string) error {
	return func(p *plugin, value string) error {
		set, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		*of(p) = set
		return nil
	}
}

// asList reads what both systems make of a YAML list: commas between its items.
func asList(of func(*plugin) *[]string) func(*plugin, string) error {
	return func(p *plugin, value string) error { *of(p) = append(*of(p), items(value)...); return nil }
}

func items(value string) []string {
	var all []string
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// asPairs reads a list of NAME=value.
func asPairs(prefix string, of func(*plugin) map[string]string) func(*plugin, string) error {
	return func(p *plugin, value string) error {
		for _, item := range items(value) {
			name, text, ok := strings.Cut(item, "=")
			if !ok || name == "" {
				return fmt.Errorf("%q is not written like NAME=value", item)
			}
			of(p)[prefix+name] = text
		}
		return nil
	}
}
