package config

import (
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"convoc/shared/collectivity"
)

// The third wall. A function's own role reaches no item of the data table and no document. For each collectivité that it
// works for it takes another role, with the collectivité as the session's tag; the policies of that role let a session
// reach what its tag names and nothing else. So a key of another collectivité is refused by AWS too, whatever the code
// above does.
//
// That costs one call of STS for each collectivité, function instance and twenty minutes; the call itself is free.

const (
	// sessionTag is the tag that policies compare keys with: ${aws:PrincipalTag/collectivity}.
	sessionTag = "collectivity"
	// ownRights in the place of a role: the third wall is off.
	ownRights = "none"
	// sessionLife is all that AWS gives a role that was taken by a role (IAM User Guide, « Role chaining »).
	sessionLife = time.Hour
	// sessionLeft is what a session has left at least when it signs: a form or an address ends with it, and an élu who has
	// opened the page of documents must find the form working when the photo is taken.
	sessionLeft = 40 * time.Minute
)

// AWSOf is AWS for one service and one collectivité: calls are made in a session that reaches nothing of another. The
// session is taken at the first call.
func (e *Environment) AWSOf(id collectivity.ID, service string) aws.Config {
	cfg := e.AWS(service)
	if role := e.collectivityRole(); role != ownRights {
		e.once.Do(func() { e.session = e.sessions(role) })
		cfg.Credentials = e.session(id)
	}
	return cfg
}

func (e *Environment) collectivityRole() string { return e.Text("CONVOC_COLLECTIVITY_ROLE") }

// sessions takes a role for each collectivité, once for all services.
func (e *Environment) sessions(role string) func(collectivity.ID) aws.CredentialsProvider {
	client := sts.NewFromConfig(e.AWS("sts")) // of the region: no call leaves it
	return Each(func(id collectivity.ID) aws.CredentialsProvider {
		return aws.NewCredentialsCache(
			stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName, o.Duration = string(id), sessionLife // the name is what CloudTrail tells
				o.Tags = []types.Tag{{Key: aws.String(sessionTag), Value: aws.String(string(id))}}
			}),
			func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = sessionLeft })
	})
}

// kept is how many collectivités a function instance remembers something for: whoever guesses links may name any.
const kept = 500

// Each opens something once for each collectivité, and again when it was forgotten meanwhile.
func Each[T any](open func(collectivity.ID) T) func(collectivity.ID) T {
	var mu sync.Mutex
	opened := map[collectivity.ID]T{}
	return func(id collectivity.ID) T {
		mu.Lock()
		defer mu.Unlock()
		one, is := opened[id]
		if !is {
			if len(opened) == kept {
				clear(opened)
			}
			one = open(id)
			opened[id] = one
		}
		return one
	}
}
