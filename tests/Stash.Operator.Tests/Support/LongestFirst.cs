using Stash.Operator.Tests.Support;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Stash.Operator.Tests.Support;

/// <summary>Starts the collections that have a definition of their own, those with a cluster, before the classes that stand alone: what takes longest does not come last, with all others done.</summary>
internal sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => c.TestCollectionClassName is null).ThenBy(c => c.UniqueID, StringComparer.Ordinal)];
}
