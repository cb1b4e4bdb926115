package retort

import "github.com/retort-ci/retort/pkg/internal/cacheentry"

// exportable are the entries of a service's cache_to that this build may write.
// What a stranger wrote goes to no registry of ours, as a cache neither: it would
// be built upon where others are trusted. A cache on this machine, or within the
// image, stays.
func (p *Pipeline) exportable(service string, entries []string, fromForks bool) []string {
	why := p.pushless(fromForks)
	if why == "" {
		return entries
	}
	var kept []string
	for _, entry := range entries {
		if leavesMachine(entry) {
			p.warn("build", service, "cache_to "+entry+": "+why)
			continue
		}
		kept = append(kept, entry)
	}
	return kept
}

// leavesMachine is true for all but type=local and type=inline: what is not
// understood is not let pass.
func leavesMachine(text string) bool {
	entry, err := cacheentry.Read(text)
	return err != nil || entry.Type != "local" && entry.Type != "inline"
}
