package stack

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"convoc/infra/referee"
)

// redundant is the warning that a dependency is said twice: CDK writes them so.
const redundant = "W3005"

func TestTemplatesPassCfnLint(t *testing.T) {
	lint := filepath.Join(filepath.Dir(referee.Need(t, "moto")), "cfn-lint")
	if _, err := os.Stat(lint); err != nil {
		t.Fatalf("the referees were installed before cfn-lint was one: remove their directory and install them again: %v", err)
	}
	dir := synthesized(t).dir
	for name, region := range map[string]string{
		"convoc-production": "eu-west-3", "convoc-production-edge": "us-east-1", "convoc-essai": "eu-west-1", "convoc-essai-edge": "us-east-1",
	} {
		path := filepath.Join(dir, name+".template.json")
		out, err := exec.Command(lint, "--ignore-checks", redundant, "--regions", region, "--", path).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
