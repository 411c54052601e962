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

// sessions are those taken so far, by collectivité.
type sessions struct {
	mu     sync.Mutex
	client *sts.Client
	taken  map[collectivity.ID]aws.CredentialsProvider
}

// AWSOf is AWS for one service and one collectivité: calls are made in a session that reaches nothing of another. The
// session is taken at the first call.
func (e *Environment) AWSOf(id collectivity.ID, service string) aws.Config {
	cfg := e.AWS(service)
	if role := e.collectivityRole(); role != ownRights {
		cfg.Credentials = e.sessionOf(id, role)
	}
	return cfg
}

func (e *Environment) collectivityRole() string { return e.Text("CONVOC_COLLECTIVITY_ROLE") }

func (e *Environment) sessionOf(id collectivity.ID, role string) aws.CredentialsProvider {
	e.sessions.mu.Lock()
	defer e.sessions.mu.Unlock()
	if session, taken := e.sessions.taken[id]; taken {
		return session
	}
	if e.sessions.client == nil {
		e.sessions.client = sts.NewFromConfig(e.AWS("sts")) // of the region: no call leaves it
		e.sessions.taken = map[collectivity.ID]aws.CredentialsProvider{}
	}
	session := aws.NewCredentialsCache(
		stscreds.NewAssumeRoleProvider(e.sessions.client, role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.Duration = string(id), sessionLife // the name is what CloudTrail tells
			o.Tags = []types.Tag{{Key: aws.String(sessionTag), Value: aws.String(string(id))}}
		}),
		func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = sessionLeft })
	e.sessions.taken[id] = session
	return session
}

// Each makes something once for each collectivité.
func Each[T any](open func(collectivity.ID) T) func(collectivity.ID) T {
	var mu sync.Mutex
	made := map[collectivity.ID]T{}
	return func(id collectivity.ID) T {
		mu.Lock()
		defer mu.Unlock()
		one, is := made[id]
		if !is {
			one = open(id)
			made[id] = one
		}
		return one
	}
}
