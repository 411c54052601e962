package stack

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// finding is one line of a report of cdk-nag: a rule, held against a resource.
type finding struct {
	Rule     string `json:"ruleId"`
	Resource string `json:"resourceId"`
	Result   string `json:"compliance"`
	Info     string `json:"ruleInfo"`
}

func readFindings(path string) ([]finding, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var report struct{ Lines []finding }
	return report.Lines, json.Unmarshal(raw, &report)
}

// accepted are the findings that are meant, each with its reason. What IAM5 says of roles is held closer by
// TestWildcardsAreForObjectsOnly.
var accepted = []struct{ rule, resource, reason string }{
	{
		"AwsSolutions-APIG4", `/API/`,
		"the functions authorise: a link is the authority of /c, a session that of /api, and the gateway knows neither",
	},
	{
		"AwsSolutions-S1", `/(Files|Proofs|Pages)/Resource$`,
		"a log of accesses would hold the signatures of links",
	},
	{
		"AwsSolutions-CFR3", `/(Site|FilesHost)/Resource$`,
		"a log of accesses would hold people's links",
	},
	{
		"AwsSolutions-CFR1", `/(Site|FilesHost)/Resource$`,
		"élus read from where they are, overseas collectivités among them",
	},
	{
		"AwsSolutions-CFR7", `/FilesHost/Resource$`,
		"the signature of the request is the authority: S3 refuses one that CloudFront has signed again",
	},
	{
		"AwsSolutions-SMG4", `/OriginSecret\d+/Resource$`,
		"CloudFront and the functions must change together, which is a deployment: originSecret in cdk.json",
	},
	{
		"AwsSolutions-SQS3", `/DeadSweep/Resource$`,
		"it is a dead-letter queue: the schedule's",
	},
	{
		"AwsSolutions-IAM5", `/Role[A-Za-z]+/Resource$`,
		"objects of one bucket, below the collectivité of the session where the third wall stands",
	},
	{
		"AwsSolutions-IAM5", `/Scanner/Resource$`,
		"as GuardDuty's documentation lists them",
	},
}

func TestNoFindingButThoseThatAreMeant(t *testing.T) {
	findings := synthesized(t).findings
	seen, checked := map[int]bool{}, 0
	for _, f := range findings {
		if f.Result == "Compliant" {
			checked++
		}
		if f.Result == "Compliant" || f.Result == "N/A" {
			continue
		}
		meant := false
		for i, a := range accepted {
			if a.rule == f.Rule && regexp.MustCompile(a.resource).MatchString(f.Resource) {
				meant, seen[i] = true, true
			}
		}
		if !meant {
			t.Errorf("%s: %s: %s (%s)", f.Rule, f.Resource, f.Info, f.Result)
		}
	}
	for i, a := range accepted {
		if !seen[i] {
			t.Errorf("nothing is found any more for %s %s: take it away", a.rule, a.resource)
		}
	}
	if checked < 100 {
		t.Errorf("only %d resources passed a rule: is it held against both installations?", checked)
	}
}
