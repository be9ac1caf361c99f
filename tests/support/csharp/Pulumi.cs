// What a generated SDK and a program use of Pulumi's own package for .NET, as far as types go: NuGet has that, and not every machine reaches it.
// Signatures as in its documentation; nothing here runs.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;

namespace Pulumi
{
    public class Output<T>
    {
        public Output<U> Apply<U>(Func<T, U> func) => throw null!;
        public Output<U> Apply<U>(Func<T, Output<U>> func) => throw null!;
        public Output<U> Apply<U>(Func<T, Input<U>?> func) => throw null!;
    }

    public static class Output
    {
        public static Output<T> CreateSecret<T>(T value) => throw null!;
        public static Output<ImmutableArray<T>> All<T>(params Input<T>[] inputs) => throw null!;
        public static Output<(T1, T2)> Tuple<T1, T2>(Input<T1> first, Input<T2> second) => throw null!;
        public static Output<(T1, T2)> Tuple<T1, T2>(Output<T1> first, Output<T2> second) => throw null!;
    }

    public class Input<T>
    {
        public static implicit operator Input<T>(T value) => throw null!;
        public static implicit operator Input<T>(Output<T> value) => throw null!;
        public static implicit operator Output<T>(Input<T> input) => throw null!;
    }

    public sealed class InputList<T> : Input<ImmutableArray<T>>, IEnumerable
    {
        public void Add(params Input<T>[] inputs) => throw null!;
        IEnumerator IEnumerable.GetEnumerator() => throw null!;
        public static implicit operator InputList<T>(T[] values) => throw null!;
        public static implicit operator InputList<T>(List<T> values) => throw null!;
        public static implicit operator InputList<T>(ImmutableArray<T> values) => throw null!;
        public static implicit operator InputList<T>(Output<ImmutableArray<T>> values) => throw null!;
    }

    public sealed class InputMap<V> : Input<ImmutableDictionary<string, V>>, IEnumerable
    {
        public void Add(string key, Input<V> value) => throw null!;
        public Input<V> this[string key] { set => throw null!; }
        IEnumerator IEnumerable.GetEnumerator() => throw null!;
        public static implicit operator InputMap<V>(Dictionary<string, V> values) => throw null!;
        public static implicit operator InputMap<V>(ImmutableDictionary<string, V> values) => throw null!;
        public static implicit operator InputMap<V>(Output<ImmutableDictionary<string, V>> values) => throw null!;
        public static InputMap<V> Merge(InputMap<V> first, InputMap<V> second) => throw null!;
    }

    public abstract class ResourceArgs
    {
        public static ResourceArgs Empty => throw null!;
    }

    public abstract class ResourceOptions
    {
        public Input<string>? Id { get; set; }
        public string? Version { get; set; }
    }

    public sealed class CustomResourceOptions : ResourceOptions
    {
        public string? PluginDownloadURL { get; set; }
        public List<string> AdditionalSecretOutputs { get; set; } = null!;
        public static CustomResourceOptions Merge(CustomResourceOptions? first, CustomResourceOptions? second) => throw null!;
    }

    public sealed class ComponentResourceOptions : ResourceOptions
    {
        public string? PluginDownloadURL { get; set; }
        public static ComponentResourceOptions Merge(ComponentResourceOptions? first, ComponentResourceOptions? second) => throw null!;
    }

    public abstract class Resource
    {
    }

    public class ComponentResource : Resource
    {
        public ComponentResource(string type, string name, ResourceArgs? args, ComponentResourceOptions? options = null, bool remote = false)
        {
        }
    }

    public abstract class ProviderResource : Resource
    {
        public ProviderResource(string package, string name, ResourceArgs args, CustomResourceOptions? options = null)
        {
        }
    }

    public sealed class InvokeOptions
    {
        public string? Version { get; set; }
    }

    public sealed class InvokeOutputOptions
    {
        public string? Version { get; set; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class ResourceTypeAttribute : Attribute
    {
        public ResourceTypeAttribute(string type, string? version)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class InputAttribute : Attribute
    {
        public InputAttribute(string name, bool required = false, bool json = false)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class OutputAttribute : Attribute
    {
        public OutputAttribute(string? name = null)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    public sealed class OutputTypeAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Constructor)]
    public sealed class OutputConstructorAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Struct)]
    public sealed class EnumTypeAttribute : Attribute
    {
    }

    public sealed class Config
    {
        public Config(string? name = null)
        {
        }

        public string? Get(string key) => throw null!;
        public string Require(string key) => throw null!;
        public int RequireInt32(string key) => throw null!;
        public Output<string> RequireSecret(string key) => throw null!;
    }

    public sealed class Deployment
    {
        public static Task<int> RunAsync(Action action) => throw null!;
        public static Task<int> RunAsync(Func<IDictionary<string, object?>> func) => throw null!;
        public static Task<int> RunAsync(Func<Task<IDictionary<string, object?>>> func) => throw null!;
    }
}

namespace Pulumi.Serialization
{
}
