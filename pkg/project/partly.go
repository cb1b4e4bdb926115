package project

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// partly is a key that retort honours for some of its values.
type partly struct {
	key   string
	wrong func(v any) string // what to say behind the key's name, or nothing
}

const notHonoured = " is not honoured by retort"

// partlyHonoured are such keys. What is below them goes on to be looked at
// where the value is right.
func partlyHonoured() []partly {
	return []partly{
		{"services.*.network_mode", func(v any) string {
			if v == "bridge" || networkMode(fmt.Sprint(v)) != "" {
				return ""
			}
			return notHonoured
		}},
		{"services.*.restart", func(v any) string {
			if v == "no" || v == "" {
				return ""
			}
			return notHonoured + ": a container that has ended is not started again"
		}},
		{"services.*.scale", func(v any) string {
			if fmt.Sprint(v) == "1" {
				return ""
			}
			return notHonoured + ": each service has one container"
		}},
		{"services.*.stdin_open", unless(false, ": its input is empty")},
		{"services.*.tty", unless(false, "")},
		{"services.*.security_opt", func(v any) string {
			options, _ := v.([]any)
			for _, option := range options {
				if !forDaemon(fmt.Sprint(option)) {
					return fmt.Sprintf(": %v%s", option, notHonoured)
				}
			}
			return ""
		}},
		{"services.*.volumes.*", func(v any) string {
			mount, _ := v.(map[string]any)
			switch mount["type"] {
			case types.VolumeTypeVolume, types.VolumeTypeBind, types.VolumeTypeTmpfs:
				return ""
			}
			return fmt.Sprintf(": the %v at %v%s", mount["type"], mount["target"], notHonoured)
		}},
		{"services.*.volumes.*.bind.create_host_path", func(v any) string {
			if v == any(false) {
				return notHonoured
			}
			return "" // compose-go adds it to every bind mount
		}},
		{"volumes.*.external", unless(false, ": a run gets an empty volume of its own instead")},
	}
}

// unless is for a key that means nothing with one value.
func unless(nothing any, why string) func(any) string {
	return func(v any) string {
		if v == nothing {
			return ""
		}
		return notHonoured + why
	}
}

// networkMode is what retort has besides the network of the run.
func networkMode(mode string) string {
	if mode == "none" || mode == "host" {
		return mode
	}
	return ""
}

// securityOpt are the options that can be passed on.
func securityOpt(all []string) []string {
	var options []string
	for _, option := range all {
		if forDaemon(option) {
			options = append(options, option)
		}
	}
	return options
}

// forDaemon is false for the two options that Docker's clients act upon and its
// daemon does not know: a seccomp profile in a file, and systempaths.
func forDaemon(option string) bool {
	name, value, _ := strings.Cut(strings.Replace(option, ":", "=", 1), "=")
	switch name {
	case "seccomp":
		return value == "unconfined" || value == "builtin" || strings.HasPrefix(value, "{")
	case "systempaths":
		return false
	}
	return true
}
