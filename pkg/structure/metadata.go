package structure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// checkMetadata compares the image's config (OCI image-spec v1.1, config.md).
func checkMetadata(t *MetadataTest, config *v1.Config) []Result {
	if t == nil {
		return nil
	}
	start := time.Now()
	var found problems
	env := imageEnvironment(config)
	for _, e := range t.Env {
		e.check("env", env, &found)
	}
	for _, key := range t.UnboundEnv {
		if _, ok := env[key]; ok {
			found.add("env %s is set", key) // to what is perhaps a secret
		}
	}
	for _, e := range t.Labels {
		e.check("label", config.Labels, &found)
	}
	t.checkProcess(config, &found)
	t.checkOpenings(config, &found)
	return []Result{verdict(Metadata, "metadata", start, found)}
}

// check compares one variable or label.
func (e Expectation) check(what string, values map[string]string, found *problems) {
	value, ok := values[e.Key]
	switch {
	case !ok:
		found.add("%s %s is not set", what, e.Key)
	case e.Regex != nil && !e.Regex.MatchString(value):
		found.add("%s %s is %q, which has no match of %#q", what, e.Key, value, e.Regex)
	case e.Regex == nil && value != e.Value:
		found.add("%s %s is %q, not %q", what, e.Key, value, e.Value)
	}
}

// checkProcess compares what runs, where, and as whom.
func (t *MetadataTest) checkProcess(config *v1.Config, found *problems) {
	if t.Entrypoint != nil && !slices.Equal(t.Entrypoint, config.Entrypoint) {
		found.add("entrypoint is %s, not %s", words(config.Entrypoint), words(t.Entrypoint))
	}
	if t.Cmd != nil && !slices.Equal(t.Cmd, config.Cmd) {
		found.add("cmd is %s, not %s", words(config.Cmd), words(t.Cmd))
	}
	// Without a working directory processes begin in the root.
	atRoot := config.WorkingDir == "" && t.Workdir == "/"
	if t.Workdir != "" && t.Workdir != config.WorkingDir && !atRoot {
		found.add("workdir is %q, not %q", config.WorkingDir, t.Workdir)
	}
	if t.User != "" && t.User != config.User {
		found.add("user is %q, not %q", config.User, t.User)
	}
}

// words are a command as a Dockerfile's exec form has it.
func words(command []string) string {
	quoted := make([]string, len(command))
	for i, w := range command {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// checkOpenings compares ports and volumes.
func (t *MetadataTest) checkOpenings(config *v1.Config, found *problems) {
	for _, port := range t.ExposedPorts {
		if !exposes(config, port) {
			found.add("port %s is not exposed", port)
		}
	}
	for _, port := range t.UnexposedPorts {
		if exposes(config, port) {
			found.add("port %s is exposed", port)
		}
	}
	for _, volume := range t.Volumes {
		if _, ok := config.Volumes[volume]; !ok {
			found.add("volume %s is not declared", volume)
		}
	}
	for _, volume := range t.UnmountedVolumes {
		if _, ok := config.Volumes[volume]; ok {
			found.add("volume %s is declared", volume)
		}
	}
}

// exposes compares "8080" with a port of any protocol, "8080/udp" with that one.
// In a config a port without a protocol is one of TCP.
func exposes(config *v1.Config, port string) bool {
	number, protocol, exact := strings.Cut(port, "/")
	for exposed := range config.ExposedPorts {
		n, p, ok := strings.Cut(exposed, "/")
		if !ok {
			p = "tcp"
		}
		if n == number && (!exact || p == protocol) {
			return true
		}
	}
	return false
}
