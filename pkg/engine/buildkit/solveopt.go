package buildkit

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/staticfs"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// solveOpt turns the spec into BuildKit's own request, over a session that
// concurrent builds of the same context share.
func (c *Client) solveOpt(spec engine.BuildSpec, s *shared) (client.SolveOpt, error) {
	opt := client.SolveOpt{
		FrontendAttrs:         c.attrs(spec),
		Exports:               c.exports(spec),
		SharedSession:         s.session,
		SessionPreInitialized: true,
	}
	if len(spec.Tags) > 0 {
		opt.Exports[0].Attrs["name"] = strings.Join(spec.Tags, ",")
	}
	dir, file, err := dockerfileDir(spec)
	if err != nil {
		return opt, err
	}
	local := "dockerfile-" + keyOf(filepath.Dir(DockerfilePath(spec)), spec.Inline)
	s.dirs.add(local, dir)
	opt.FrontendAttrs["filename"], opt.FrontendAttrs["dockerfilekey"] = file, local
	caches, err := cachesOf(spec)
	if err != nil {
		return opt, err
	}
	opt.CacheImports, opt.CacheExports = caches.imports, caches.exports
	if err := c.addContexts(s, spec, opt.FrontendAttrs); err != nil {
		return opt, err
	}
	return opt, c.addLocalImages(opt.FrontendAttrs, spec)
}

// attrs are the Dockerfile frontend's options.
// https://github.com/moby/buildkit/blob/master/docs/reference/buildctl.md
func (c *Client) attrs(spec engine.BuildSpec) map[string]string {
	a := map[string]string{
		// With a command line given, the frontend does not hand over to the
		// image of a "# syntax=" line: it is the frontend.
		"cmdline": "retort",
	}
	set := func(key, value string) {
		if value != "" {
			a[key] = value
		}
	}
	set("target", spec.Target)
	set("platform", strings.Join(spec.Platforms, ","))
	set("add-hosts", addHosts(spec.ExtraHosts))
	if spec.Network != "default" {
		set("force-network-mode", spec.Network)
	}
	if spec.NoCache {
		a["no-cache"] = ""
	}
	if c.opts.PreferLocal {
		a["image-resolve-mode"] = "local"
	}
	if !spec.Epoch.IsZero() {
		a["build-arg:SOURCE_DATE_EPOCH"] = strconv.FormatInt(spec.Epoch.Unix(), 10)
	}
	for k, v := range spec.Args {
		a["build-arg:"+k] = v
	}
	for k, v := range spec.Labels {
		a["label:"+k] = v
	}
	return a
}

// addHosts writes host:ip pairs as the frontend reads them: host=ip,host=ip.
func addHosts(hosts []string) string {
	pairs := make([]string, len(hosts))
	for i, h := range hosts {
		pairs[i] = strings.Replace(h, ":", "=", 1)
	}
	return strings.Join(pairs, ",")
}

// dockerfileDir gives the directory of the Dockerfile, which need not be the
// context, or an inline text as a file that is nowhere on disk; and the file's
// name in there.
func dockerfileDir(spec engine.BuildSpec) (fs fsutil.FS, name string, err error) {
	if spec.Inline != "" {
		inline := staticfs.NewFS()
		inline.Add("Dockerfile", &fstypes.Stat{Mode: 0o600}, []byte(spec.Inline))
		return inline, "Dockerfile", nil
	}
	path := DockerfilePath(spec)
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return nil, "", fault.New(fault.Usage,
			"write a Dockerfile there, or name it: --file for one image, build.dockerfile in compose.yaml",
			"no Dockerfile at %s", path)
	}
	fs, err = fsutil.NewFS(filepath.Dir(path))
	return fs, filepath.Base(path), err
}

// DockerfilePath is where the spec's Dockerfile lies on this machine.
func DockerfilePath(spec engine.BuildSpec) string {
	name := spec.Dockerfile
	if name == "" {
		name = "Dockerfile"
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(spec.Context, name)
}
