package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// both makes SDKs, and hands whatever else it is asked to the language host that runs programs, the next of the same name on
// PATH: `pulumi package add` starts one host for both.
type both struct {
	host

	runner pulumirpc.LanguageRuntimeClient
}

// next finds the program that PATH has after the folder of this one.
func next() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		file, err := exec.LookPath(filepath.Join(dir, filepath.Base(own)))
		if err == nil && file != own {
			return file, nil
		}
	}
	return "", fmt.Errorf("there is no other %s on PATH", filepath.Base(own))
}

// newBoth starts the other language host with the arguments of this one. It ends with the engine, as this one does.
func newBoth() (*both, error) {
	file, err := next()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(file, os.Args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s does not say its port: %w", file, err)
	}
	go func() { _, _ = io.Copy(os.Stdout, lines) }() // what programs print
	connection, err := grpc.NewClient(
		"127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()),
	)
	if err != nil {
		return nil, err
	}
	return &both{host{language: "nodejs"}, pulumirpc.NewLanguageRuntimeClient(connection)}, nil
}

// relay hands the parts of an answer on, as they come.
func relay[Part any](from grpc.ServerStreamingClient[Part], to grpc.ServerStreamingServer[Part]) error {
	for {
		part, err := from.Recv()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := to.Send(part); err != nil {
			return err
		}
	}
}

func (b *both) GetRequiredPackages(
	ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return b.runner.GetRequiredPackages(ctx, req)
}

func (b *both) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	return b.runner.Run(ctx, req)
}

func (b *both) RunPlugin(req *pulumirpc.RunPluginRequest, to grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]) error {
	from, err := b.runner.RunPlugin(to.Context(), req)
	if err != nil {
		return err
	}
	return relay(from, to)
}

func (b *both) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, to grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	from, err := b.runner.InstallDependencies(to.Context(), req)
	if err != nil {
		return err
	}
	return relay(from, to)
}

// Link notes the SDKs among the dependencies of the program, as the official host does.
func (b *both) Link(ctx context.Context, req *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	for _, one := range req.GetPackages() {
		name := "@pulumi/" + one.GetPackage().GetName()
		set := exec.CommandContext(ctx, "npm", "pkg", "set", fmt.Sprintf("dependencies[%s]=file:%s", name, one.GetPath()))
		set.Dir = req.GetInfo().GetProgramDirectory()
		if out, err := set.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm pkg set: %w: %s", err, out)
		}
	}
	return &pulumirpc.LinkResponse{}, nil
}
