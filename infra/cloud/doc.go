// Package cloud runs the functions as they are deployed, on one machine: the real bootstraps, each a process that asks a
// Lambda Runtime API for its next event, over servers that we did not write for DynamoDB, S3, SQS and SES. Events have
// the shape that API Gateway, SQS, EventBridge and the scheduler give them. It is all tests:
//
//   - the users' stories of infra/local/testdata, unchanged, end to end;
//   - every call that a function makes is one that infra/wiring lets it make, and every right there is used;
//   - what a cold start costs (go test -bench . ./infra/cloud).
//
// What it cannot show is in the README: API Gateway, CloudFront, the delivery of real mail, the malware scan, schedules.
package cloud
