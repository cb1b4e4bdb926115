package ci

// drone reads Drone's variables. DRONE_BRANCH and DRONE_COMMIT_BRANCH are the
// target of a pull request. Drone tells nothing about forks, and keeps secrets
// from pull requests unless each is allowed. DRONE_COMMIT_AUTHOR is no actor: the
// commit says who that is, and whoever pushed it or the clock started the build.
func drone() table {
	return table{
		system: Drone,
		marks:  []when{{"DRONE", "true"}},
		events: []rule[Event]{
			{when{"DRONE_BUILD_EVENT", "pull_request"}, PullRequest},
			{when{"DRONE_BUILD_EVENT", "cron"}, Cron},
			{when{"DRONE_BUILD_EVENT", "tag"}, Tag},
			{when{"DRONE_BUILD_EVENT", "push"}, Push},
		},
		secrets: []rule[bool]{
			{when{"DRONE_BUILD_EVENT", "pull_request"}, false},
		},
		branch:      env("DRONE_BRANCH", "DRONE_COMMIT_BRANCH"),
		tag:         []source{{"DRONE_TAG", ""}, {"DRONE_COMMIT_REF", "refs/tags/"}},
		commit:      env("DRONE_COMMIT_SHA", "DRONE_COMMIT"),
		pullRequest: env("DRONE_PULL_REQUEST"),
		head:        env("DRONE_SOURCE_BRANCH"),
		base:        env("DRONE_TARGET_BRANCH", "DRONE_BRANCH"),
		buildID:     env("DRONE_BUILD_NUMBER"),
		buildNumber: env("DRONE_BUILD_NUMBER"),
		job:         env("DRONE_STAGE_NAME", "DRONE_STEP_NAME"),
		actor:       env("DRONE_BUILD_TRIGGER"),
		slug:        env("DRONE_REPO"),
		url:         []string{"${DRONE_BUILD_LINK}"},
	}
}
