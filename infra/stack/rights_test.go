package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/wiring"
)

// statement is one of a role's.
type statement struct {
	Effect            string
	Actions, Resource []string
	Condition         string // JSON; « null »: none
}

// statementsOf are those of a role, all of them: it has no other policy.
func statementsOf(t *testing.T, main template, role string) []statement {
	t.Helper()
	r := main.one(t, role)
	r.is(t, "ManagedPolicyArns", "null")
	r.is(t, "Policies.1", "null")
	raw, _ := at(r.Properties, "Policies.0.PolicyDocument.Statement").([]any)
	var all []statement
	for _, s := range raw {
		all = append(all, statement{
			at(s, "Effect").(string), list(at(s, "Action")), list(at(s, "Resource")), written(at(s, "Condition")),
		})
	}
	if len(all) == 0 {
		t.Fatalf("%s may nothing", role)
	}
	return all
}

// may are all pairs of action and resource that a role is allowed, with the condition if there is one.
func may(all []statement) []string {
	var pairs []string
	for _, s := range all {
		for _, action := range s.Actions {
			for _, resource := range s.Resource {
				pair := s.Effect + " " + action + " " + resource
				if s.Condition != "null" {
					pair += " if " + s.Condition
				}
				pairs = append(pairs, pair)
			}
		}
	}
	slices.Sort(pairs)
	return pairs
}

// ofOwner is what holds a call to the data to the collectivité of its session.
const ofOwner = ` if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["${aws:PrincipalTag/collectivity}#*"]},"Null":{"dynamodb:LeadingKeys":"false"}}`

// documents are the objects that functions reach with such a right: those of the session's collectivité, or of all.
func documents(pattern string, walled bool) string {
	if walled {
		pattern = "${aws:PrincipalTag/collectivity}" + strings.TrimPrefix(pattern, "*")
	}
	return "${Files.Arn}/" + pattern
}

// expectedOfOne are the pairs of what belongs to a collectivité that a row of the table stands for, written here once
// more from AWS's documentation of each service's actions: rights.go is held against it.
func expectedOfOne(f wiring.Function, table string, walled bool) []string {
	var all []string
	condition := ""
	if walled {
		condition = ofOwner
	}
	for _, c := range f.May[wiring.Data] {
		all = append(all, "Allow dynamodb:"+actionNames[c]+" "+table+condition)
	}
	allow := func(actions, resource string) {
		for action := range strings.FieldsSeq(actions) {
			all = append(all, "Allow "+action+" "+resource)
		}
	}
	own := documents("*/*", walled)
	for _, c := range f.May[wiring.Store] {
		switch c {
		case wiring.Read:
			allow("s3:GetObject", own)
			allow("s3:ListBucket", "${Files.Arn}")
		case wiring.Create:
			where := own
			if f.Creates != "" {
				where = documents(f.Creates, walled)
			}
			allow("s3:PutObject s3:AbortMultipartUpload", where)
		case wiring.Delete:
			allow("s3:DeleteObject", own)
		case wiring.Download:
			allow("s3:GetObject", own)
			all = append(all, `Deny s3:GetObject ${Files.Arn}/* if {"StringEquals":{"s3:ExistingObjectTag/GuardDutyMalwareScanStatus":"THREATS_FOUND"}}`)
		case wiring.Upload:
			allow("s3:PutObject", documents(f.Forms, walled))
			all = append(all, "Deny s3:PutObject ${Files.Arn}/*/kept/*")
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var actionNames = map[wiring.Call]string{
	"get": "GetItem", "query": "Query", "put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem",
	"check": "ConditionCheckItem", "batch": "BatchWriteItem",
}

// expected are the pairs of the rest of a row, which no collectivité's role has.
func expected(f wiring.Function) []string {
	all := []string{"Allow sts:AssumeRole " + roleOfOne(f), "Allow sts:TagSession " + roleOfOne(f)}
	allow := func(actions, resource string) {
		for action := range strings.FieldsSeq(actions) {
			all = append(all, "Allow "+action+" "+resource)
		}
	}
	for _, r := range []wiring.Resource{wiring.Accounts, wiring.Agenda} {
		for _, c := range f.May[r] {
			allow("dynamodb:"+actionNames[c], "${"+id("table", r)+".Arn}")
		}
	}
	if slices.Contains(f.May[wiring.Store], wiring.Scan) {
		allow("s3:GetObjectTagging", "${Files.Arn}/*")
	}
	for call, action := range map[wiring.Call]string{wiring.Allowance: "ses:GetAccount", wiring.Unblock: "ses:DeleteSuppressedDestination"} {
		if slices.Contains(f.May[wiring.Mail], call) {
			allow(action, "*")
		}
	}
	if f.Sends() {
		for _, action := range []string{"ses:SendEmail", "ses:SendRawEmail"} {
			for _, resource := range []string{"identity/exemple.fr", "configuration-set/convoc-production-mail"} {
				all = append(all, "Allow "+action+" arn:aws:ses:eu-west-3:${AWS::AccountId}:"+resource+
					` if {"StringEquals":{"ses:FromAddress":"convocations@exemple.fr"}}`)
			}
		}
	}
	for _, other := range f.Rings {
		allow("sqs:SendMessage", "${"+id("queue", other)+".Arn}")
	}
	if f.Trigger.Queued() {
		allow("sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes", "${"+id("queue", f.Name)+".Arn}")
	}
	allow("logs:CreateLogStream logs:PutLogEvents", "${"+id("log", f.Name)+".Arn}")
	slices.Sort(all)
	return slices.Compact(all)
}

func roleOfOne(f wiring.Function) string {
	return "arn:aws:iam::${AWS::AccountId}:role/convoc-production-" + f.Name + "-collectivity"
}

func TestRolesAllowWhatTheTableSaysAndNothingElse(t *testing.T) {
	main := synthesized(t).main
	for _, f := range wiring.Functions {
		got := may(statementsOf(t, main, id("role", f.Name)))
		if diff := cmp.Diff(expected(f), got); diff != "" {
			t.Errorf("%s (-table +role)\n%s", f.Name, diff)
		}
		main.one(t, id("role", f.Name)).is(t, "AssumeRolePolicyDocument.Statement",
			`[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}]`)
	}
}

// The third wall: what belongs to a collectivité is reached in a session whose tag names it, and only there.
func TestSessionReachesItsCollectivityOnly(t *testing.T) {
	main := synthesized(t).main
	for _, f := range wiring.Functions {
		role := main.one(t, id("role-collectivity", f.Name))
		got := may(statementsOf(t, main, id("role-collectivity", f.Name)))
		if diff := cmp.Diff(expectedOfOne(f, "${TableData.Arn}", true), got); diff != "" {
			t.Errorf("%s (-table +role)\n%s", f.Name, diff)
		}
		for _, pair := range got {
			held := strings.HasSuffix(pair, ofOwner) || strings.Contains(pair, "${Files.Arn}/${aws:PrincipalTag/collectivity}/")
			if !held && !strings.HasPrefix(pair, "Deny ") && pair != "Allow s3:ListBucket ${Files.Arn}" {
				t.Errorf("%s: nothing holds it to one collectivité: %s", f.Name, pair)
			}
		}
		role.is(t, "AssumeRolePolicyDocument.Statement", `[{"Action":["sts:AssumeRole","sts:TagSession"],`+
			`"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["collectivity"]},"StringLike":{"aws:RequestTag/collectivity":"?????????"}},`+
			`"Effect":"Allow","Principal":{"AWS":"${`+id("role", f.Name)+`.Arn}"}}]`)
		if arn := "arn:aws:iam::${AWS::AccountId}:role/" + at(role.Properties, "RoleName").(string); arn != roleOfOne(f) {
			t.Errorf("%s takes %s, and the role is %s", f.Name, roleOfOne(f), arn)
		}
		main.one(t, id("function", f.Name)).is(t, "Environment.Variables.CONVOC_COLLECTIVITY_ROLE", written(roleOfOne(f)))
	}
}

// Without the third wall, the same rights for all collectivités are the function's own.
func TestWithoutTheThirdWallRightsAreTheFunctionsOwn(t *testing.T) {
	trial := synthesized(t).trial
	for _, f := range wiring.Functions {
		if _, made := trial.Resources[id("role-collectivity", f.Name)]; made {
			t.Errorf("%s has a role that nobody takes", f.Name)
		}
		trial.one(t, id("function", f.Name)).is(t, "Environment.Variables.CONVOC_COLLECTIVITY_ROLE", `"none"`)
		own := may(statementsOf(t, trial, id("role", f.Name)))
		for _, pair := range expectedOfOne(f, "arn:aws:dynamodb:eu-west-1:${AWS::AccountId}:table/convoc-restored", false) {
			if !slices.Contains(own, pair) {
				t.Errorf("%s may not: %s", f.Name, pair)
			}
		}
	}
}

// No role holds « * » among its actions, nor as its resource: only objects of one bucket and EventBridge's rules of
// GuardDuty are named by their beginning.
func TestWildcardsAreForObjectsOnly(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		for name := range main.of(t, "AWS::IAM::Role") {
			for _, s := range statementsOf(t, main, name) {
				if s.Effect == "Deny" {
					continue
				}
				for _, action := range s.Actions {
					if strings.Contains(action, "*") {
						t.Errorf("%s may %s", name, action)
					}
				}
				for _, resource := range s.Resource {
					object := strings.HasPrefix(resource, "${Files.Arn}/")
					rule := name == "Scanner" && strings.HasSuffix(resource, ":rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*")
					account := slices.ContainsFunc(s.Actions, func(a string) bool { // SES knows no resource of these
						return a == "ses:GetAccount" || a == "ses:DeleteSuppressedDestination"
					})
					if strings.Contains(resource, "*") && !object && !rule && !account {
						t.Errorf("%s may %v on %s", name, s.Actions, resource)
					}
				}
			}
		}
		for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User"} {
			for name, r := range main.Resources {
				if r.Type == kind {
					t.Errorf("%s %s: every right is in its role", kind, name)
				}
			}
		}
	})
}

func TestWhoLooksCannotWrite(t *testing.T) {
	main := synthesized(t).main
	for _, role := range []string{id("role", "view-convocation"), id("role-collectivity", "view-convocation")} {
		for _, pair := range may(statementsOf(t, main, role)) {
			looks := slices.ContainsFunc([]string{"dynamodb:GetItem ", "dynamodb:Query ", "logs:", "sts:"}, func(action string) bool {
				return strings.HasPrefix(pair, "Allow "+action)
			})
			if !looks {
				t.Errorf("view-convocation: %s", pair)
			}
		}
	}
}

// matches does what IAM does with « * »: it spans slashes.
func matches(pattern, key string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(key, parts[0]) {
		return false
	}
	key = key[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(key, part)
		if i < 0 {
			return false
		}
		key = key[i+len(part):]
	}
	return strings.HasSuffix(key, parts[len(parts)-1])
}

// A form writes where package upload puts what it is for, and over nothing that must stay as it was.
func TestFormsWriteInTheirPlaceOnly(t *testing.T) {
	const siren = "200054781"
	keys := map[string]string{
		"a document of a draft":     siren + "/cnv_a/up/doc_b",
		"a document of a reply":     siren + "/cnv_a/rcp_c/doc_b",
		"a file of contacts":        siren + "/imports/imp_d",
		"what « Envoyer » fixed":    siren + "/cnv_a/ord_e/doc_b",
		"the list of recipients":    siren + "/cnv_a/ord_e/recipients.jsonl",
		"a document that was taken": siren + "/cnv_a/kept/doc_b",
		"a document of a kept one":  siren + "/cnv_a/rcp_c/kept/doc_b-0123456789abcdef",
		"all replies in one file":   siren + "/cnv_a/replies/0123456789abcdef",
		"the scanner's own trial":   "malware-protection-resource-validation-object",
		"another collectivité's up": "000000000/cnv_z/up/doc_b",
	}
	matches := func(pattern, key string) bool { // in a session of that collectivité
		return matches(strings.Replace(strings.TrimPrefix(documents(pattern, true), "${Files.Arn}/"), owner, siren, 1), key)
	}
	own := map[string][]string{
		"admin-api":       {"a document of a draft", "all replies in one file"},
		"attach-document": {"a document of a reply"},
		"import-contacts": {"a file of contacts"},
	}
	for _, f := range wiring.Functions {
		if slices.Contains(f.May[wiring.Store], wiring.Upload) != (own[f.Name] != nil) {
			t.Errorf("%s signs forms, or does not, and nothing here says where they write", f.Name)
		}
	}
	for name, allowed := range own {
		for what, key := range keys {
			f := wiring.Named(name)
			got := (matches(f.Forms, key) || f.Creates != "" && matches(f.Creates, key)) && !strings.Contains(key, "/kept/")
			if want := slices.Contains(allowed, what); got != want {
				t.Errorf("%s: %s (%s): got %v, want %v", name, what, key, got, want)
			}
		}
	}
}

func TestCallWithoutAnActionStopsTheStack(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	actionsOf(wiring.Function{Name: "new"}, []wiring.Call{wiring.Get, "scan"})
}
