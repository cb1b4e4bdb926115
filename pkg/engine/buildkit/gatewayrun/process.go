package gatewayrun

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/user"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// process is what runs in a container, of the image's words and the spec's.
type process struct {
	args, env []string
	cwd       string
	settings  []string // of the entering program: UID GID GROUPS NNP CAPS LIMITS
	arch      string
}

// newProcess takes the image's /etc/passwd and /etc/group, empty where there is none.
func newProcess(spec engine.ContainerSpec, config, passwd, group []byte) (process, error) {
	var img ocispecs.Image
	if err := json.Unmarshal(config, &img); err != nil {
		return process{}, fmt.Errorf("config of image %s: %w", spec.Image, err)
	}
	p := process{args: commandOf(spec, img.Config), cwd: spec.WorkingDir, arch: img.Architecture}
	if p.cwd == "" {
		p.cwd = img.Config.WorkingDir
	}
	if len(p.args) == 0 {
		return p, fault.Wrap(fault.Usage, fmt.Errorf("%w: image %s names none", engine.ErrCommand, spec.Image),
			"give the service a command, or the image a CMD")
	}
	who, err := userOf(spec, img.Config, passwd, group)
	if err != nil {
		return p, err
	}
	p.env = envOf(spec, img.Config, who.Home)
	p.settings, err = settings(spec, who)
	return p, err
}

// commandOf is as Docker has it: an entrypoint of the spec's own takes the image's
// command away.
func commandOf(spec engine.ContainerSpec, img ocispecs.ImageConfig) []string {
	entrypoint, cmd := spec.Entrypoint, spec.Cmd
	if len(entrypoint) == 0 {
		entrypoint = img.Entrypoint
		if len(cmd) == 0 {
			cmd = img.Cmd
		}
	}
	return slices.Concat(entrypoint, cmd)
}

func userOf(spec engine.ContainerSpec, img ocispecs.ImageConfig, passwd, group []byte) (*user.ExecUser, error) {
	name := spec.User
	if name == "" {
		name = img.User
	}
	who, err := user.GetExecUser(name, &user.ExecUser{Home: "/"}, strings.NewReader(string(passwd)), strings.NewReader(string(group)))
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("user %q in image %s: %w", name, spec.Image, err),
			"name a user that the image has, or a number")
	}
	return who, nil
}

// envOf is the image's environment with the spec's over it.
func envOf(spec engine.ContainerSpec, img ocispecs.ImageConfig, home string) []string {
	var all []string
	at := map[string]int{}
	defaults := []string{"HOME=" + home}
	if spec.Hostname != "" {
		defaults = append(defaults, "HOSTNAME="+spec.Hostname)
	}
	for _, pair := range slices.Concat(defaults, img.Env, spec.Env) {
		name, _, _ := strings.Cut(pair, "=")
		if i, known := at[name]; known {
			all[i] = pair
			continue
		}
		at[name] = len(all)
		all = append(all, pair)
	}
	return all
}

// settings are the entering program's arguments.
func settings(spec engine.ContainerSpec, who *user.ExecUser) ([]string, error) {
	caps, err := rights(spec)
	if err != nil {
		return nil, err
	}
	restricted, err := noNewPrivileges(spec.SecurityOpt)
	if err != nil {
		return nil, err
	}
	ulimits, err := limits(spec.Ulimits)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, g := range who.Sgids {
		groups = append(groups, strconv.Itoa(g))
	}
	nnp := "0"
	if restricted {
		nnp = "1"
	}
	return []string{strconv.Itoa(who.Uid), strconv.Itoa(who.Gid), strings.Join(append(groups, "-"), ","), nnp, caps, ulimits}, nil
}

// entered is the command line that begins a process: enter.c tells of modes.
func (p process) entered(mode, nonce string, command []string) []string {
	return slices.Concat([]string{programPath, mode, nonce}, p.settings, command)
}
