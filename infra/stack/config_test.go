package stack

import (
	"maps"
	"strings"
	"testing"

	"convoc/infra/wiring"
)

// read reads the context of cdk.json with changes.
func read(t *testing.T, changes map[string]any) (Config, error) {
	t.Helper()
	context, err := contextOf("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(context, changes)
	return Read(func(name string) any { return context[name] })
}

func TestContextIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		want    string // in the error; empty: accepted
	}{
		"as cdk.json has it":               {nil, ""},
		"with everything given":            {trial, ""},
		"a domain with a scheme":           {map[string]any{"domain": "https://convoc.exemple.fr"}, "domain:"},
		"a domain in capitals":             {map[string]any{"filesDomain": "Documents.exemple.fr"}, "filesDomain:"},
		"no domain":                        {map[string]any{"domain": " "}, "domain:"},
		"documents on the host of pages":   {map[string]any{"filesDomain": "convoc.exemple.fr"}, "must not share an origin"},
		"a sender of another domain":       {map[string]any{"from": "a@autre.fr"}, "would not be signed"},
		"a sender of a domain that begins": {map[string]any{"from": "a@pas-exemple.fr", "mailDomain": "exemple.fr"}, "would not be signed"},
		"a zone without its identifier":    {map[string]any{"hostedZone": "exemple.fr"}, "go together"},
		"a zone that is not theirs":        {map[string]any{"hostedZone": "autre.fr", "hostedZoneId": "Z1"}, "does not hold both domains"},
		"a zone that only ends alike":      {map[string]any{"hostedZone": "emple.fr", "hostedZoneId": "Z1"}, "does not hold both domains"},
		"a certificate of another region":  {map[string]any{"certificateArn": "arn:aws:acm:eu-west-3:111122223333:certificate/a"}, "certificateArn:"},
		"a regional firewall":              {map[string]any{"webAclArn": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/b"}, "webAclArn:"},
		"no one to write to":               {map[string]any{"alarmAddress": ""}, "alarmAddress:"},
		"a stage that cannot be a name":    {map[string]any{"stage": "Essai 1"}, "stage:"},
		"a number, as JSON has it":         {map[string]any{"originSecret": 2.0}, ""},
		"a yes, as JSON has it":            {map[string]any{"paused": true}, ""},
		"a wall that is half there":        {map[string]any{"collectivityRoles": "non"}, "collectivityRoles is true or false"},
		"a list and not a text":            {map[string]any{"domain": []any{"a"}}, "domain is not a text"},
	} {
		_, err := read(t, c.changes)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestAllMistakesAreSaidTogether(t *testing.T) {
	_, err := read(t, map[string]any{"domain": "", "from": "", "region": "Paris"})
	for _, want := range []string{"domain:", "from:", "region:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	c, err := read(t, map[string]any{"stage": nil, "region": nil, "originSecret": nil, "collectivityRoles": nil})
	if err != nil || !c.CollectivityRoles || c.Region != "eu-west-3" || c.OriginSecret != "1" || !c.keeps() || len(c.Restored) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

// Yesterday's table says « not sent » of what was sent today: somebody must look before anything leaves.
func TestRestoredTableIsPausedUntilSomebodySaysOtherwise(t *testing.T) {
	for paused, ok := range map[string]bool{"": false, "oui": false, "true": true, "false": true} {
		c, err := read(t, map[string]any{"agendaTable": "restored", "paused": paused})
		if (err == nil) != ok || c.Restored[wiring.Agenda] != "restored" || c.Paused != (paused == "true") {
			t.Errorf("paused %q: got %+v, %v", paused, c, err)
		}
	}
}
