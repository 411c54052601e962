package s3files

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"convoc/shared/files"
)

// scanTag is the tag with which GuardDuty marks each object that it has scanned, seconds after it came (« Monitoring S3
// object scans with GuardDuty managed tags »).
const scanTag = "GuardDutyMalwareScanStatus"

// Scan reads what GuardDuty says of a file: a Store is the files.Scanner of its own bucket, where a malware protection
// plan with tagging looks at it.
func (s *Store) Scan(ctx context.Context, key files.Key) (files.Report, error) {
	if err := key.Check(); err != nil {
		return files.Report{}, err
	}
	out, err := s.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &s.bucket, Key: aws.String(string(key))})
	if err != nil {
		return files.Report{}, fault(err)
	}
	for _, tag := range out.TagSet {
		if aws.ToString(tag.Key) == scanTag {
			return scanned(aws.ToString(tag.Value))
		}
	}
	return files.Report{Verdict: files.Pending}, nil
}

// scanned reads the value of the tag. Errors: files.ErrUnavailable for one that nobody has documented.
func scanned(status string) (files.Report, error) {
	switch status {
	case "NO_THREATS_FOUND":
		return files.Report{Verdict: files.Clean}, nil
	case "THREATS_FOUND":
		return files.Report{Verdict: files.Infected, Said: status}, nil
	case "UNSUPPORTED", "ACCESS_DENIED", "FAILED":
		return files.Report{Verdict: files.Unscanned, Said: status}, nil
	}
	return files.Report{}, fmt.Errorf("%w: scan status %q", files.ErrUnavailable, status)
}
