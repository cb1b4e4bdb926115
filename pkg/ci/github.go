package ci

// github reads the default variables of GitHub Actions. Whether a pull request
// comes from a fork stands in the event's file alone: see Read. Dependabot
// gets no secrets, whatever the event.
func github() table {
	return table{
		system: GitHub,
		marks:  []when{{"GITHUB_ACTIONS", "true"}},
		events: []rule[Event]{
			{when{"GITHUB_EVENT_NAME", "pull_request*"}, PullRequest}, // also …_target, …_review
			{when{"GITHUB_REF", "refs/pull/*"}, PullRequest},
			{when{"GITHUB_EVENT_NAME", "schedule"}, Cron},
			{when{"GITHUB_REF", "refs/tags/*"}, Tag},
			{when{"GITHUB_EVENT_NAME", "push"}, Push},
		},
		secrets: []rule[bool]{
			{when{"GITHUB_ACTOR", "dependabot[bot]"}, false},
			{when{"GITHUB_EVENT_NAME", "pull_request_target"}, true},
		},
		branch:      []source{{"GITHUB_REF", "refs/heads/"}},
		tag:         []source{{"GITHUB_REF", "refs/tags/"}},
		commit:      env("GITHUB_SHA"),
		pullRequest: []source{{"GITHUB_REF", "refs/pull/"}},
		head:        env("GITHUB_HEAD_REF"),
		base:        env("GITHUB_BASE_REF"),
		buildID:     env("GITHUB_RUN_ID"),
		buildNumber: env("GITHUB_RUN_NUMBER"),
		job:         env("GITHUB_JOB"),
		actor:       env("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"), // who ran it again, else who ran it
		slug:        env("GITHUB_REPOSITORY"),
		url:         []string{"${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}"},
	}
}
